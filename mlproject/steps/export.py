"""Verb ``export``: what Postgres holds, as a data-set folder."""

import json
import logging
from typing import Any

from pydantic import Field

from mlproject.dataset.assemble import assemble
from mlproject.dataset.write import write
from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.store import corpus, datasets, reviews, topics
from mlproject.store.connection import connect
from mlproject.task import load

log = logging.getLogger(__name__)


class Inputs(TaskInputs):
    max_topics: int | None = Field(None, ge=0)  # unreviewed posts; the task's by default


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    if task.topics is not None and inputs.max_topics is not None:
        rule = task.topics.model_copy(update={"max_rows": inputs.max_topics})
        task = task.model_copy(update={"topics": rule})
    with connect(settings) as connection:
        rows = assemble(
            task,
            corpus.read(connection, task.name),
            reviews.latest(connection, task.name),
            topics.read(connection) if task.topics else (),
        )
    empty = [label for label in task.labels if not any(row.label == label for row in rows)]
    if empty:
        raise InputError(
            f"label {empty[0]!r} has no texts: run import-corpus (or crawl) before export"
        )
    rule_values = task.topics.model_dump() if task.topics else None
    folder = write(settings.home.resolve() / "datasets", task, rows, {"topics": rule_values})
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    with connect(settings) as connection:
        datasets.record(connection, manifest)
    log.info("data set %s: %d texts in %s", manifest["dataset_id"], len(rows), folder)
    return {
        "dataset_id": manifest["dataset_id"],
        "dataset": str(folder),
        "counts": manifest["counts"],
    }
