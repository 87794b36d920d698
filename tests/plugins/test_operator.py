"""The operator against a real child process: results, exit codes, output, rendering."""

import json
import re
import signal
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import AirflowFailException
from step.operator import StepOperator
from step.process import StepProcess
from step.retry import StepError, StepRetryPolicy, TryLaterError

LOGGED = re.compile(r"\[(\w+) *\] (.+?) +\[")
RUN = "manual__2026-01-02T03:04:05+00:00"


def context(run_id: str = RUN, **more: Any) -> Any:
    ti = SimpleNamespace(dag_id="a_dag", run_id=run_id, task_id="a_task", map_index=-1)
    return {"ti": ti, **more}


def run(verb: str = "show", environment: dict[str, str] | None = None, **inputs: Any) -> Any:
    operator = StepOperator(task_id="a_task", verb=verb, inputs=inputs, environment=environment)
    return operator.execute(context())


def test_returns_what_the_step_wrote() -> None:
    assert run("export", result={"dataset_id": "d1"}) == {"dataset_id": "d1"}


def test_runs_the_verb_in_the_repository() -> None:
    shown = run(epochs=3)

    assert shown["verb"] == "show"
    assert shown["inputs"] == {"epochs": 3}
    assert shown["cwd"] == str(Path(__file__).resolve().parents[2])


def test_files_lie_under_safe_names(tmp_path: Path) -> None:
    run(epochs=3)

    (folder,) = (tmp_path / "home/steps/a_dag").glob("*/a_task")
    assert ":" not in str(folder)
    assert "+" not in str(folder)
    assert json.loads((folder / "inputs.json").read_text()) == {"epochs": 3}


def test_a_step_gets_its_settings_and_nothing_of_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    monkeypatch.setenv("AIRFLOW_CTX_DAG_ID", "a_dag")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")

    environ = run(environment={"OMP_NUM_THREADS": "1"})["environ"]

    assert environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
    assert environ["https_proxy"] == "http://proxy:3128"
    assert environ["OMP_NUM_THREADS"] == "1"
    assert environ["MLPROJECT_STOP_WITH_PARENT"] == "1"
    assert not [key for key in environ if key.startswith("AIRFLOW")]


def test_wrong_input_fails_for_good_with_the_last_error_line() -> None:
    said = ["2026-01-02 03:04:05,678 ERROR export: label 'other' has no texts", "bye"]

    with pytest.raises(AirflowFailException, match=r"^export: label 'other' has no texts$"):
        run("export", say=said, code=2)


def test_try_later_carries_how_long_to_wait() -> None:
    with pytest.raises(TryLaterError, match="quota spent") as raised:
        run("crawl", say=["ERROR quota spent"], code=75, result={"retry_after": 90})

    assert raised.value.after == 90


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"code": 143}, "was stopped"),
        ({"code": 1, "say": ["Traceback", "OSError: disk full"]}, "ended with 1: OSError"),
        ({"signal": int(signal.SIGKILL)}, "ended with 137"),
        ({"code": 0}, "wrote no JSON object"),
        ({"code": 0, "result": [1]}, "wrote no JSON object"),
    ],
)
def test_any_other_end_is_retried(inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(StepError, match=said):
        run("train", **inputs)


def test_five_crashes_in_a_row_fail_for_good_and_are_forgotten() -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(StepError, match="ended with 1"):
                run("crawl", code=1)
        with pytest.raises(AirflowFailException, match=r"ended with 1: .+ \(5 times in a row\)$"):
            run("crawl", code=1, say=["Traceback", "KeyError: 'id'"])


def test_spent_quotas_and_restarts_are_no_crashes() -> None:
    for code in (1, 1, 1, 1, 75, 143, 1, 143, 1, 75, 1, 1, 1, 1):
        with pytest.raises(StepError):
            run("crawl", code=code)
    assert run("crawl", result={"done": True}) == {"done": True}


def test_an_old_result_is_not_taken_for_a_new_one() -> None:
    run("export", result={"dataset_id": "d1"})

    with pytest.raises(StepError, match="wrote no JSON object"):
        run("export")


def test_output_is_logged_at_its_own_level(capsys: pytest.CaptureFixture[str]) -> None:
    run(say=["2026-01-02 03:04:05,678 WARNING slow disk", "10 %\r20 %", "Traceback"])

    shown = [line for line in capsys.readouterr().out.splitlines() if "StepOperator" in line]
    found = [(level, text) for line in shown for level, text in LOGGED.findall(line)]
    assert found == [
        ("warning", "slow disk"),
        ("info", "10 %"),
        ("info", "20 %"),
        ("info", "Traceback"),
    ]


def test_output_comes_while_the_step_runs(tmp_path: Path) -> None:
    with StepProcess("train", {"say": ["epoch 1"], "sleep": 600}, tmp_path / "step", {}) as step:
        assert next(step.lines()) == "epoch 1"

    assert step.code() == 143


def test_params_and_results_arrive_as_they_are() -> None:
    given = {"epochs": 3, "reason": "[5]", "note": "{{ ds }}", "seed": None}
    with DAG("a_dag", params={name: Param(value) for name, value in given.items()}) as dag:
        operator = StepOperator(
            task_id="a_task", verb="show", inputs={name: dag.param(name) for name in given}
        )
    values = context(params=given, dag_run=SimpleNamespace(conf={}))

    operator.render_template_fields(values)

    assert operator.inputs == given
    without_null = {"epochs": 3, "reason": "[5]", "note": "{{ ds }}"}
    assert operator.execute(values)["inputs"] == without_null


def test_jinja_is_rendered_to_what_it_looks_like() -> None:
    with DAG("a_dag"):
        operator = StepOperator(
            task_id="a_task",
            verb="show",
            inputs={"epochs": "{{ params.epochs }}", "nodes": ["{{ params.node }}"]},
        )

    operator.render_template_fields(context(params={"epochs": 3, "node": "qna"}))

    assert operator.inputs == {"epochs": 3, "nodes": ["qna"]}


def test_a_result_of_another_step_makes_an_edge() -> None:
    with DAG("a_dag"):
        export = StepOperator(task_id="export", verb="export")
        train = StepOperator(
            task_id="train", verb="train", inputs={"dataset": export.result("dataset_id")}
        )

    assert train.upstream_task_ids == {"export"}


def test_the_retry_waits_as_long_as_the_step_asks_for() -> None:
    policy = StepRetryPolicy()

    asked = policy.evaluate(TryLaterError("quota spent", after=90), 1, 3)
    unknown = policy.evaluate(TryLaterError("down"), 1, 3)
    endless = policy.evaluate(TryLaterError("quota spent", after=1e9), 1, 3)
    other = policy.evaluate(StepError("ended with 1"), 1, 3)

    assert asked.retry_delay == timedelta(seconds=90)
    assert unknown.retry_delay == timedelta(minutes=1)
    assert endless.retry_delay == timedelta(hours=6)
    assert other.retry_delay is None
