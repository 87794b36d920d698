"""The MLflow project: every verb is an entry point, and one of them really runs."""

import json
import sys
from pathlib import Path
from typing import Any

import mlflow.projects
import pytest
from mlflow.projects.utils import load_project

from mlproject.__main__ import VERBS, parse
from mlproject.evaluation.report import write
from mlproject.task import load
from tests.dataset_fixtures import Row
from tests.dataset_fixtures import write as write_dataset
from tests.evaluation_fixtures import evaluation

PROJECT = Path(__file__).resolve().parents[1] / "mlproject"


def test_the_entry_points_are_the_verbs() -> None:
    project = load_project(str(PROJECT))  # type: ignore[no-untyped-call]
    assert set(project._entry_points) == set(VERBS)
    for verb in VERBS:
        command = project.get_entry_point(verb).compute_command({"task": "legal", "max": "3"}, None)
        assert f" -m mlproject {verb} " in command
        assert command.endswith("--max 3")


def test_inputs_on_the_command_line() -> None:
    words = ["train", "--base-model", "tiny", "--dataset", "", "--focal_alpha=[1, 2]"]
    assert parse(words).given == {"base_model": "tiny", "focal_alpha": [1, 2]}


def test_files_stand_right_after_the_verb() -> None:
    given = {"source": "in.jsonl", "target": "out.jsonl", "task": "own"}
    assert parse(["score", "in.jsonl", "out.jsonl", "--task", "own"]).given == given
    words = ["score", "--source", "in.jsonl", "--target", "out.jsonl", "--task", "own"]
    assert parse(words).given == given


@pytest.mark.parametrize("words", [["tiny"], ["--focal_alpha", "[1"]])
def test_what_is_no_input_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["train", *words])


def test_mlflow_runs_a_step(tmp_path: Path, tracking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "evaluation.json"
    kinds = ("all", "minimum", "minimum.article", "invariance", "direction")
    rates = {kind: {"passed": 9, "cases": 10, "rate": 0.9} for kind in kinds}
    behaviour = {"rates": rates, "failures": [], "learnt": 0}
    write(report, {**evaluation(test={"f1": 0.7}), "behaviour": behaviour})
    monkeypatch.setenv("MLPROJECT_PYTHON", sys.executable)
    run = mlflow.projects.run(  # type: ignore[no-untyped-call]
        str(PROJECT),
        entry_point="gate",
        parameters={"report": str(report)},
        env_manager="local",
    )
    assert run.get_status() == "FINISHED"
    assert json.loads((tmp_path / "gate.json").read_text())["passed"] is True


def test_mlflow_trains(tmp_path: Path, tracking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        Row(f"{label}{number}", f"{text}{number}", label, "toy", split)
        for label, text in (("other", "键盘真好用"), ("consultation", "房东不退押金能起诉吗"))
        for number, split in enumerate(("train",) * 8 + ("validation",) * 4)
    ]
    folder = write_dataset(tmp_path / "datasets", load("legal"), rows)
    monkeypatch.setenv("MLPROJECT_PYTHON", sys.executable)
    monkeypatch.setenv("MLPROJECT_HOME", str(tmp_path))
    monkeypatch.setenv("MLPROJECT_THREADS", "1")
    run = mlflow.projects.run(  # type: ignore[no-untyped-call]
        str(PROJECT),
        entry_point="train",
        parameters={"base_model": "tiny", "preset": "smoke"},
        env_manager="local",
    )
    assert run.get_status() == "FINISHED"
    (path,) = tmp_path.glob("training/*/training.json")
    record = json.loads(path.read_text())
    assert record["run_id"] == run.run_id
    assert (record["base_model"], record["dataset_id"]) == ("tiny", folder.name)
    assert record["hyperparameters"]["max_length"] == 64
