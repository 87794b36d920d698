from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, ParamValidationError


@pytest.fixture
def dag(dags: dict[str, Any]) -> Any:
    return dags["crawl_v2ex"]


def test_every_ten_minutes(dag: Any) -> None:
    assert dag.timetable.expression == "*/10 * * * *"
    assert dag.start_date is None


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
