import copy
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, ParamValidationError


@pytest.fixture
def dag(dags: dict[str, Any]) -> Any:
    return dags["crawl_v2ex"]


def test_every_ten_minutes_and_at_five_past(dag: Any) -> None:
    crons = [one.expression for one in dag.timetable.timetables]
    assert crons == ["*/10 * * * *", "5 * * * *"]
    assert dag.start_date is None


@pytest.mark.parametrize(
    ("run_type", "minute", "params", "mode", "limit"),
    [
        ("scheduled", 10, {}, "new", 100),
        ("scheduled", 5, {}, "revisit", 100),
        ("manual", 5, {}, "new", 100),
        ("manual", 5, {"max_requests": 7}, "new", 7),
        ("manual", 0, {"mode": "backfill"}, "backfill", None),
        ("manual", 0, {"mode": "backfill", "max_requests": 7}, "backfill", 7),
    ],
)
def test_what_a_run_does_and_how_much(
    dag: Any, run_type: str, minute: int, params: dict[str, Any], mode: str, limit: int | None
) -> None:
    operator = copy.copy(dag.get_task("crawl"))
    given = {"mode": "new", "nodes": None, "ids": None, "max_requests": None, **params}
    after = datetime(2026, 1, 2, 3, minute, tzinfo=UTC)
    run = SimpleNamespace(conf={}, run_type=run_type, run_after=after)

    operator.render_template_fields({"params": given, "dag_run": run})

    assert operator.inputs == {"mode": mode, "nodes": None, "ids": None, "max_requests": limit}


def test_a_long_backfill_leaves_room_for_new_topics_and_is_not_given_up(dag: Any) -> None:
    assert dag.max_active_runs == 3
    assert dag.get_task("crawl").retries == 1000
    assert dag.get_task("announce").retries == 3


def test_one_task_at_the_end_carries_the_asset(dag: Any) -> None:
    outlets = {task.task_id: [asset.name for asset in task.outlets] for task in dag.tasks}

    assert outlets == {"crawl": [], "announce": ["v2ex_topics"]}
    assert dag.get_task("announce").upstream_task_ids == {"crawl"}


def test_nothing_changed_is_not_announced(dag: Any) -> None:
    announce = dag.get_task("announce").python_callable

    with pytest.raises(AirflowSkipException, match="no topic changed"):
        list(announce({"topics_new": 0, "topics_changed": 0, "topics_gone": 0, "requests": 3}))


@pytest.mark.parametrize("changed", ["topics_new", "topics_changed", "topics_gone"])
def test_any_change_is_announced_once_with_its_counts(dag: Any, changed: str) -> None:
    announce = dag.get_task("announce").python_callable

    (event,) = announce({changed: 2, "requests": 3})

    assert event.asset.name == "v2ex_topics"
    assert event.extra[changed] == 2
    assert sum(event.extra.values()) == 2


@pytest.mark.parametrize(
    ("name", "value"), [("mode", "all"), ("ids", [1]), ("ids", [0, 5]), ("max_requests", 0)]
)
def test_the_form_refuses_what_no_crawl_takes(dag: Any, name: str, value: Any) -> None:
    with pytest.raises(ParamValidationError):
        dag.params.get_param(name).resolve(value)


@pytest.mark.parametrize("nodes", [None, "all", ["qna", "jobs"]])
def test_the_form_takes_nodes_as_the_step_does(dag: Any, nodes: Any) -> None:
    param = copy.deepcopy(dag.params.get_param("nodes"))  # resolve keeps the value
    assert param.resolve(nodes) == nodes


@pytest.mark.parametrize("nodes", ["qna", "", [1]])
def test_the_form_refuses_nodes_that_are_no_list(dag: Any, nodes: Any) -> None:
    with pytest.raises(ParamValidationError):
        dag.params.get_param("nodes").resolve(nodes)
