"""Verb ``export``: what Postgres holds, as a data-set folder; or what two of them differ in."""

import logging
from functools import partial
from typing import Any

from pydantic import Field

from mlproject.dataset import padding, tracking
from mlproject.dataset.assemble import candidates
from mlproject.dataset.build import build
from mlproject.dataset.difference import difference
from mlproject.dataset.padding import SmallTalk
from mlproject.dataset.read import find
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.store import datasets, splits
from mlproject.store.connection import connect
from mlproject.task import Task, beside, load

log = logging.getLogger(__name__)

OPTIONS = {
    "diff": {
        "nargs": 2,
        "metavar": ("A", "B"),
        "help": "export nothing: say what changed between two data sets (ids or folders)",
    }
}


class Inputs(TaskInputs):
    max_topics: int | None = Field(None, ge=0)  # unreviewed posts; the task's by default
    diff: tuple[str, str] | None = None  # two data sets: ids or folders


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    home = settings.home.resolve() / "datasets"
    if inputs.diff is not None:
        one, other = (find(name, home, inputs.task) for name in inputs.diff)
        return difference(one, other)
    task = _limited(load(inputs.task), inputs.max_topics)
    with connect(settings) as connection:
        rows = candidates(
            task,
            datasets.read_reviews(connection, task.name),
            datasets.read_texts(connection, task.name),
            datasets.read_topics(connection) if task.topics else (),
            datasets.count_topics(connection) if task.topics else 0,
            small_talk(inputs.task, task),
        )
        before = partial(splits.of, connection, task.name)
        built = build(task, rows, before, home)
        datasets.record(connection, built.manifest)
        splits.keep(connection, task.name, built.keys, built.splits)
    log.info("data set %s: %s", built.manifest["dataset_id"], built.folder)
    tracking.publish(built.folder, built.manifest)
    return {
        "dataset_id": built.manifest["dataset_id"],
        "dataset": str(built.folder),
        "counts": built.manifest["counts"],
    }


def small_talk(name: str, task: Task) -> SmallTalk:
    """What the task file of that name wants around texts.

    Raises:
        InputError: the file of sentences is missing, or has none.
    """
    options = task.dataset.padding
    if options is None:
        return padding.NONE
    return SmallTalk.read(beside(name, options.file), options.share, task.dataset.cleaning)


def _limited(task: Task, max_topics: int | None) -> Task:
    if task.topics is None or max_topics is None:
        return task
    rule = task.topics.model_copy(update={"max_rows": max_topics})
    return task.model_copy(update={"topics": rule})
