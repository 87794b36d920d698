"""Parity is a gate: an export that moves a probability does not pass."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from mlproject.dataset.read import load as load_dataset
from mlproject.errors import InputError
from mlproject.packaging import graph, parity
from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings
from mlproject.steps.convert import Inputs, run
from mlproject.training.folder import load
from tests.model_fixtures import write_dataset, write_training
from tests.packaging.broken_export import broken


def test_the_rows_are_those_that_training_never_saw(dataset: Path) -> None:
    rows = load_dataset(dataset)
    seen = {row.id for row in rows.splits["train"]}
    chosen = {row.id for examples in parity.sample(rows, 2_000).values() for row in examples}
    assert len(chosen) == 40
    assert not seen & chosen


def test_a_limit_takes_always_the_same_rows(dataset: Path) -> None:
    rows = load_dataset(dataset)
    few, all_ = (parity.sample(rows, limit) for limit in (7, 2_000))
    assert sum(map(len, few.values())) == 7
    assert parity.sample(rows, 7) == few
    assert all(row in all_[split] for split, examples in few.items() for row in examples)


def test_the_posts_that_were_read_come_first(dataset: Path) -> None:
    rows = load_dataset(dataset)
    near = rows.splits["in_domain"]
    assert len(parity.sample(rows, len(near))["in_domain"]) == len(near)
    more = parity.sample(rows, len(near) + 3)
    assert more["in_domain"] == near
    assert sum(map(len, more.values())) == len(near) + 3


def test_fewer_texts_than_asked_are_said_in_the_report_and_in_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    same = np.full((3, 2), 0.5, np.float32)
    report = parity.check(same, same, ["a", "b", "c"], "d17")
    enough = parity.noted(report, 3)
    assert (enough.asked, enough.note, caplog.messages) == (3, "", [])
    few = parity.noted(report, 2_000)
    assert few.asked == 2_000
    assert few.note.startswith("3 texts were compared, not 2000: ")
    assert "d17" in few.note
    assert len(caplog.messages) == 1


def test_a_data_set_without_evaluation_rows_is_refused(dataset: Path) -> None:
    rows = load_dataset(dataset)
    for split in parity.SPLITS:
        rows.splits.pop(split)
    with pytest.raises(InputError, match="no rows"):
        parity.sample(rows, 10)


def test_the_file_gives_what_the_network_gives(model_folder: Path, training: Path) -> None:
    texts = ["借钱", "房东不退押金，能起诉他吗？" * 9]
    found = Predictor(model_folder, threads=1).predict(texts)
    expected = parity.reference(load(training), texts)
    assert parity.check(found, expected, ["a", "b"], "d").max_difference <= 1e-5


@pytest.mark.parametrize("value", [0.6, np.nan])
def test_a_probability_that_moved_is_named(value: float) -> None:
    expected = np.full((3, 2), 0.5, np.float32)
    found = expected.copy()
    found[1, 0] = value
    with pytest.raises(InputError, match=r"1 of 3 texts, most on: b"):
        parity.check(found, expected, ["a", "b", "c"], "d")


def test_a_broken_export_ends_the_step_and_names_ids_and_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "build", broken)
    rows = load_dataset(write_dataset(tmp_path / "datasets" / ("d" * 16)))
    write_training(tmp_path / "training" / "a")
    with pytest.raises(InputError, match="differs from PyTorch") as caught:
        run(Inputs(), Settings(home=tmp_path, threads=1))
    assert caught.value.exit_code == 2
    examples = [row for part in parity.sample(rows, 2_000).values() for row in part]
    assert any(row.id in str(caught.value) for row in examples)
    assert not any(row.text in str(caught.value) for row in examples)
    assert not list((tmp_path / "models").iterdir())


def test_the_command_ends_with_2_and_names_the_texts(tmp_path: Path) -> None:
    rows = load_dataset(write_dataset(tmp_path / "datasets" / ("d" * 16)))
    write_training(tmp_path / "training" / "a")
    found = subprocess.run(
        [sys.executable, "-m", "tests.packaging.broken_export", "convert"],
        env={**os.environ, "MLPROJECT_HOME": str(tmp_path), "MLPROJECT_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert found.returncode == 2, found.stderr
    last = found.stderr.strip().splitlines()[-1]
    assert "the ONNX file differs from PyTorch by more than 0.0001 on " in last
    named = re.findall(r"((?:other|consultation)-\d+) \(", last)
    evaluated = {row.id for part in parity.sample(rows, 2_000).values() for row in part}
    assert len(named) == parity.WORST
    assert set(named) <= evaluated


def test_texts_are_asked_alone_and_with_others() -> None:
    class Widths:
        """Answers how many texts there are in the batch."""

        def run(self, rows: object) -> parity.Probability:
            assert isinstance(rows, list)
            return np.full((len(rows), 2), len(rows), np.float32)

    alone, mixed = parity.alone_and_mixed(Widths(), [[1]] * (parity.MIXED + 1))
    assert set(alone[:, 0]) == {1}
    assert set(mixed[:, 0]) == {parity.MIXED, 1}


def test_other_neighbours_are_tried_and_every_text_keeps_its_place() -> None:
    class Firsts:
        """Answers the first token of each text, and notes how many it was given."""

        sizes: ClassVar[list[int]] = []

        def run(self, rows: Sequence[Sequence[int]]) -> parity.Probability:
            self.sizes.append(len(rows))
            return np.array([[row[0], row[0]] for row in rows], np.float32)

    rows = [[number] * (1 + number % 3) for number in range(21)]
    for found in parity.otherwise_mixed(Firsts(), rows):
        assert found[:, 0].tolist() == list(range(21))
    assert Firsts.sizes == [2] * 10 + [1, 21, 21]
