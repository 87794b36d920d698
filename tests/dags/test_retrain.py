import ast
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

CHAIN = ["export", "train", "convert", "evaluate", "gate", "register", "build", "promote"]


@pytest.fixture
def dag(dags: dict[str, Any]) -> Any:
    return dags["retrain"]


def test_is_one_chain(dag: Any) -> None:
    assert [task.task_id for task in dag.topological_sort()] == CHAIN
    direct = {(task.task_id, below) for task in dag.tasks for below in task.downstream_task_ids}
    assert set(pairwise(CHAIN)) <= direct


def test_every_task_runs_the_step_of_its_name(dag: Any) -> None:
    assert {task.task_id: task.verb for task in dag.tasks} == {name: name for name in CHAIN}


def test_only_the_training_takes_the_gpu(dag: Any) -> None:
    places = {task.task_id: (task.pool, task.queue) for task in dag.tasks}

    assert places.pop("train") == ("gpu", "gpu")
    assert set(places.values()) == {("default_pool", "default")}


def test_inputs_are_those_of_the_steps(dag: Any) -> None:
    inputs = {task.task_id: set(task.inputs) - {"task"} for task in dag.tasks}

    assert inputs == {
        "export": {"max_topics"},
        "train": {
            *("dataset", "base_model", "epochs", "batch_size", "learning_rate", "max_length"),
            *("patience", "seed", "preset", "pretrain"),
        },
        "convert": {"training", "dataset"},
        "evaluate": {"model", "dataset"},
        "gate": {"report"},
        "register": {"model", "report", "gate"},
        "build": {"version"},
        "promote": {"version", "approved_by", "reason"},
    }


def test_the_form_has_its_sections(dag: Any) -> None:
    sections = [dag.params.get_param(name).schema["section"] for name in dag.params]

    assert list(dict.fromkeys(sections)) == ["Data", "Model", "Training", "Promotion"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("epochs", 0), ("learning_rate", 0), ("max_length", 513), ("batch_size", 1.5)),
        *(("seed", "x"), ("preset", "huge"), ("pretrain", "maybe")),
    ],
)
def test_the_form_refuses_what_no_training_takes(dag: Any, name: str, value: Any) -> None:
    with pytest.raises(ParamValidationError):
        dag.params.get_param(name).resolve(value)


def test_an_empty_form_is_complete(dag: Any) -> None:
    values = dag.params.validate()

    assert values.pop("task") == "legal"
    assert set(values.values()) == {None}


def test_weekly(dag: Any) -> None:
    assert dag.timetable.expression == "0 3 * * 1"
    assert dag.start_date is None


def test_the_presets_are_those_of_the_training(dag: Any) -> None:
    root = Path(__file__).resolve().parents[2]
    source = ast.parse((root / "mlproject" / "training" / "presets.py").read_text("utf-8"))
    machines = next(
        node.value
        for node in source.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "MACHINES"
    )
    assert isinstance(machines, ast.Dict)
    names = [ast.literal_eval(key) for key in machines.keys if key is not None]

    assert dag.params.get_param("preset").schema["enum"] == [None, *names]
