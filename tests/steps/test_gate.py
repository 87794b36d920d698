import json
from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.evaluation.report import Champion, write
from mlproject.settings import Settings
from mlproject.steps.gate import Inputs, run
from tests.evaluation_fixtures import evaluation


@pytest.fixture
def report(tmp_path: Path) -> Path:
    champion = Champion(
        version="3",
        model_sha256="b" * 64,
        metrics={"test": {"f1": 0.71}},
        differences={"test": {"f1": (-0.03, 0.01)}},
    )
    values = evaluation(champion, test={"f1": 0.7})
    rates = {"all": {"passed": 9, "cases": 10, "rate": 0.9}}
    write(
        tmp_path / "evaluation.json",
        {**values, "behaviour": {"rates": rates, "failures": [], "learnt": 0}},
    )
    return tmp_path / "evaluation.json"


def change(report: Path, **values: object) -> None:
    report.write_text(json.dumps({**json.loads(report.read_text()), **values}))


def test_a_pass_is_written_beside_the_report(report: Path) -> None:
    result = run(Inputs(report=report), Settings())
    gate = json.loads(Path(result["gate"]).read_text())
    assert Path(result["gate"]) == report.with_name("gate.json")
    assert gate["passed"] is result["passed"] is True
    assert (gate["model_sha256"], gate["champion"]) == ("a" * 64, "3")
    assert [check["rule"] for check in gate["checks"]] == ["minimum", "minimum", "champion"]


def test_a_failure_is_a_result_not_an_error(report: Path) -> None:
    change(report, metrics={"test": {"f1": 0.5}})
    result = run(Inputs(report=report), Settings())
    assert result["passed"] is False
    assert result["reasons"] == ["test f1 0.5000 is below the minimum 0.6000"]


def test_a_suite_that_is_not_passed_fails_it(report: Path) -> None:
    rates = {"all": {"passed": 1, "cases": 10, "rate": 0.1}}
    change(report, behaviour={"rates": rates, "failures": [], "learnt": 0})
    assert "behaviour all 0.1000" in run(Inputs(report=report), Settings())["reasons"][0]


def test_without_a_suite_its_minimum_is_a_wrong_input(report: Path) -> None:
    change(report, behaviour=None)
    with pytest.raises(InputError, match="split 'behaviour'"):
        run(Inputs(report=report), Settings())


def test_certainly_worse_than_the_champion(report: Path) -> None:
    champion = json.loads(report.read_text())["champion"]
    change(report, champion={**champion, "differences": {"test": {"f1": [-0.2, -0.1]}}})
    assert run(Inputs(report=report), Settings())["passed"] is False


def test_a_missing_split_is_a_wrong_input(report: Path) -> None:
    change(report, metrics={"validation": {"f1": 0.9}})
    with pytest.raises(InputError, match="split 'test'"):
        run(Inputs(report=report), Settings())


def test_another_task_s_report_is_refused(report: Path) -> None:
    change(report, task="resume")
    with pytest.raises(InputError, match="task 'resume'"):
        run(Inputs(report=report), Settings())
