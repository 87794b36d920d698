"""The DAGs that only people start: import_corpus and rollback."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("name", "verb", "inputs"),
    [
        ("import_corpus", "import-corpus", {"task", "folder", "corpora"}),
        ("rollback", "rollback", {"task", "version", "by", "reason"}),
    ],
)
def test_one_step_that_gets_the_form(
    dags: dict[str, Any], name: str, verb: str, inputs: set[str]
) -> None:
    (task,) = dags[name].tasks

    assert task.task_id == name
    assert task.verb == verb
    assert set(task.inputs) == set(dags[name].params) == inputs


@pytest.mark.parametrize("name", ["import_corpus", "rollback"])
def test_ready_at_once_and_never_scheduled(dags: dict[str, Any], name: str) -> None:
    assert dags[name].is_paused_upon_creation is False
    assert dags[name].timetable.can_be_scheduled is False


def test_a_rollback_names_who_and_why(dags: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="No value passed"):
        dags["rollback"].params.validate()
