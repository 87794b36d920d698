import json
from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.evaluation.report import Champion, Evaluation, write
from mlproject.settings import Settings
from mlproject.steps.gate import Inputs, run


@pytest.fixture
def report(tmp_path: Path) -> Path:
    evaluation = Evaluation(
        format=1,
        task="legal",
        model_sha256="a" * 64,
        run_id="",
        dataset_id="d",
        threshold=0.5,
        metrics={"test": {"f1": 0.7}},
        sources={},
        champion=Champion(version="3", model_sha256="b" * 64, metrics={"test": {"f1": 0.71}}),
    )
    write(tmp_path / "evaluation.json", evaluation)
    return tmp_path / "evaluation.json"


def change(report: Path, **values: object) -> None:
    report.write_text(json.dumps({**json.loads(report.read_text()), **values}))


def test_a_pass_is_written_beside_the_report(report: Path) -> None:
    result = run(Inputs(report=report), Settings())
    gate = json.loads(Path(result["gate"]).read_text())
    assert Path(result["gate"]) == report.with_name("gate.json")
    assert gate["passed"] is result["passed"] is True
    assert (gate["model_sha256"], gate["champion"]) == ("a" * 64, "3")
    assert [check["rule"] for check in gate["checks"]] == ["minimum", "champion"]


def test_a_failure_is_a_result_not_an_error(report: Path) -> None:
    change(report, metrics={"test": {"f1": 0.5}})
    result = run(Inputs(report=report), Settings())
    assert result["passed"] is False
    assert len(result["reasons"]) == 2


def test_a_missing_split_is_a_wrong_input(report: Path) -> None:
    change(report, metrics={"validation": {"f1": 0.9}})
    with pytest.raises(InputError, match="split 'test'"):
        run(Inputs(report=report), Settings())


def test_another_task_s_report_is_refused(report: Path) -> None:
    change(report, task="resume")
    with pytest.raises(InputError, match="task 'resume'"):
        run(Inputs(report=report), Settings())
