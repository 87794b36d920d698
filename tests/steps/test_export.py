"""The step export on a real Postgres."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mlproject.dataset.read import load
from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.steps import export, import_corpus
from mlproject.steps.export import Inputs
from mlproject.store import corpus
from mlproject.store.connection import connect
from mlproject.task import FOLDER

NOW = datetime(2024, 5, 1, tzinfo=UTC)
BUNDLED = Path(__file__).parents[2] / "examples" / "corpus"
WORDS = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """The task legal without balance, noise and page."""
    lines = (FOLDER / "legal.yaml").read_text("utf-8").splitlines()
    begin = lines.index("dataset:")
    end = next(n for n in range(begin + 1, len(lines)) if lines[n][:1].isalpha())
    path = tmp_path / "plain.yaml"
    text = "\n".join(
        [*lines[:begin], "dataset: {noise: {examine: 0}, profile: false}", *lines[end:]]
    )
    path.write_text(text, "utf-8")
    return str(path)


def fill(settings: Settings, topics: int, first: int = 0) -> None:
    with connect(settings) as connection, connection.cursor() as cursor:
        rows = [
            corpus.NewText(f"hash{n}", f"{WORDS[n:] * 2}欠薪{n}", "consultation", "q")
            for n in range(20)
        ]
        corpus.store(connection, "legal", "q", "MIT", "training", rows)
        for number in range(first, first + topics):
            text = f"{WORDS[number % 20]}{WORDS[number % 7]}标题{number * 37}"
            cursor.execute(
                "INSERT INTO topic (site, id, title, content, author, created) VALUES %s",
                (("s", number, text, f"正文{number * 91}" * 3, f"a{number % 40}", NOW),),
            )


def rows_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    files = sorted(Path(result["dataset"]).glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return [row for row in map(json.loads, lines) if "split" in row]


def test_the_same_rows_give_the_same_data_set(database: Settings, plain: str) -> None:
    fill(database, 10)
    first, second = (export.run(Inputs(task=plain), database) for _ in range(2))
    assert first == second
    manifest = json.loads((Path(first["dataset"]) / "manifest.json").read_text("utf-8"))
    assert manifest["files"]["consultation.jsonl"]["rows"] == 20


def test_training_can_read_what_was_exported(database: Settings, plain: str) -> None:
    fill(database, 40)
    result = export.run(Inputs(task=plain), database)
    loaded = load(Path(result["dataset"]))
    assert sum(map(len, loaded.splits.values())) == len(rows_of(result))


def test_a_data_set_is_recorded_once(database: Settings, plain: str) -> None:
    fill(database, 3)
    result = export.run(Inputs(task=plain), database)
    export.run(Inputs(task=plain), database)
    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, task FROM dataset")
        assert cursor.fetchall() == [(result["dataset_id"], "legal")]


def test_max_topics_limits_the_unreviewed_posts(database: Settings, plain: str) -> None:
    fill(database, 10)
    counts = export.run(Inputs(task=plain, max_topics=4), database)["counts"]
    assert sum(counts["other"]["s"].values()) == 4


def test_a_label_without_texts_stops_the_export(database: Settings, plain: str) -> None:
    fill(database, 0)
    with pytest.raises(InputError, match="'other' has no texts"):
        export.run(Inputs(task=plain), database)


def test_texts_keep_their_splits_from_export_to_export(database: Settings, plain: str) -> None:
    splits: list[dict[str, str]] = []
    for step in range(3):
        fill(database, 60, first=60 * step)
        rows = rows_of(export.run(Inputs(task=plain), database))
        splits.append({row["text"]: row["split"] for row in rows})
    for before, now in pairwise(splits):
        assert len(before.keys() & now.keys()) > 60
        assert all(now[text] == split for text, split in before.items() if text in now)


def test_the_difference_of_two_data_sets_by_their_ids(database: Settings, plain: str) -> None:
    fill(database, 20)
    one = export.run(Inputs(task=plain), database)["dataset_id"]
    fill(database, 5, first=20)
    two = export.run(Inputs(task=plain), database)["dataset_id"]
    found = export.run(Inputs(diff=(one, two)), database)
    assert (found["from"], found["to"]) == (one, two)
    assert found["added"]["rows"] > 0 == found["removed"]["rows"]


def test_the_difference_is_written_by_the_command_line(
    database: Settings, plain: str, tmp_path: Path
) -> None:
    fill(database, 20)
    one = export.run(Inputs(task=plain), database)["dataset"]
    fill(database, 5, first=20)
    two = export.run(Inputs(task=plain), database)["dataset_id"]
    out = tmp_path / "difference.json"
    done = subprocess.run(
        [sys.executable, "-m", "mlproject", "export", "--diff", one, two, "--result", str(out)],
        env={**os.environ, "MLPROJECT_HOME": str(database.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    found = json.loads(out.read_text("utf-8"))
    assert found == export.run(Inputs(diff=(one, two)), database)
    assert (found["added"]["rows"], found["removed"]["rows"]) == (10, 0)  # with their titles


def test_a_data_set_that_is_not_there_is_named(database: Settings) -> None:
    with pytest.raises(InputError, match="'nonsense'"):
        export.run(Inputs(diff=("nonsense", "nonsense")), database)


@pytest.fixture
def bundled(database: Settings) -> dict[str, Any]:
    """The data set of the bundled corpus and posts, as the demo makes it."""
    import_corpus.run(import_corpus.Inputs(folder=BUNDLED), database)
    posts = map(json.loads, (BUNDLED / "posts.jsonl").read_text("utf-8").splitlines())
    with connect(database) as connection, connection.cursor() as cursor:
        for number, post in enumerate(posts):
            cursor.execute(
                "INSERT INTO topic (site, id, title, content, author, created) VALUES %s"
                " ON CONFLICT DO NOTHING",
                (("s", post["id"], post["title"], post["content"], f"a{number // 3}", NOW),),
            )
    return export.run(Inputs(), database)


def test_no_group_of_the_bundled_corpus_is_in_two_splits(bundled: dict[str, Any]) -> None:
    rows = rows_of(bundled)
    splits: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        splits[row["group"]].add(row["split"])
    assert len(rows) > len(splits) + 50
    assert {len(found) for found in splits.values()} == {1}
    assert {split for found in splits.values() for split in found} == {
        *("train", "validation", "test", "in_domain")
    }


def test_the_bundled_corpus_has_a_page_and_keeps_its_short_negatives(
    bundled: dict[str, Any],
) -> None:
    folder = Path(bundled["dataset"])
    assert (folder / "profile.html").stat().st_size > 20_000
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["lengths"]["other"]["min"] < 8
    assert manifest["biases"]["length"]["roc_auc"] < 0.8
