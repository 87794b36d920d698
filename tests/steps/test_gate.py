import json
from pathlib import Path

import numpy as np
import pytest

from mlproject.errors import InputError
from mlproject.evaluation import behaviour
from mlproject.evaluation.gate import decide
from mlproject.evaluation.report import Champion, write
from mlproject.settings import Settings
from mlproject.steps.gate import Inputs, run
from mlproject.task import beside, load
from tests.evaluation_fixtures import evaluation

KINDS = ("minimum", "minimum.article", "invariance", "direction")


def suite(**rates: float) -> dict[str, object]:
    """A suite of which 0.9 of each kind pass, but for those that are given."""
    shown = {name: {"passed": 9, "cases": 10, "rate": 0.9} for name in ("all", *KINDS)}
    for name, rate in rates.items():
        shown[name]["rate"] = rate
    return {"rates": shown, "failures": [], "learnt": 0}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    champion = Champion(
        version="3",
        model_sha256="b" * 64,
        metrics={"test": {"f1": 0.71}},
        differences={"test": {"f1": (-0.03, 0.01)}},
    )
    values = evaluation(champion, test={"f1": 0.7})
    write(tmp_path / "evaluation.json", {**values, "behaviour": suite()})
    return tmp_path / "evaluation.json"


def change(report: Path, **values: object) -> None:
    report.write_text(json.dumps({**json.loads(report.read_text()), **values}))


def test_a_pass_is_written_beside_the_report(report: Path) -> None:
    result = run(Inputs(report=report), Settings())
    gate = json.loads(Path(result["gate"]).read_text())
    assert Path(result["gate"]) == report.with_name("gate.json")
    assert gate["passed"] is result["passed"] is True
    assert (gate["model_sha256"], gate["champion"]) == ("a" * 64, "3")
    assert [check["rule"] for check in gate["checks"]] == ["minimum"] * 6 + ["champion"]


def test_a_failure_is_a_result_not_an_error(report: Path) -> None:
    change(report, metrics={"test": {"f1": 0.5}})
    result = run(Inputs(report=report), Settings())
    assert result["passed"] is False
    assert result["reasons"] == ["test f1 0.5000 is below the minimum 0.6000"]


def test_a_suite_that_is_not_passed_fails_it(report: Path) -> None:
    change(report, behaviour=suite(all=0.1))
    assert "behaviour all 0.1000" in run(Inputs(report=report), Settings())["reasons"][0]


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_cases_that_is_not_passed_fails_it(report: Path, kind: str) -> None:
    change(report, behaviour=suite(**{kind: 0.5}))
    (reason,) = run(Inputs(report=report), Settings())["reasons"]
    assert f"behaviour {kind} 0.5000" in reason


def test_a_model_that_always_says_no_fails_it() -> None:
    task = load("legal")
    cases = behaviour.load(beside("legal", str(task.evaluation.behaviour)), task.labels)
    no = {text: np.array([1.0, 0.0]) for case in cases for text in case.texts}
    rates = behaviour.judge(cases, no, 1, 0.5)["rates"]
    measured = {"test": {"f1": 1.0}, "behaviour": {name: r["rate"] for name, r in rates.items()}}
    failed = [check["metric"] for check in decide(measured, None, task.gate)["checks"]
              if not check["passed"]]  # fmt: skip
    assert failed == ["all", "minimum", "direction"]


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
