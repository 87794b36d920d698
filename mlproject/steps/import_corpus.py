"""Verb ``import-corpus``: labelled files into corpus_text, reviewed posts into topic and review."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from mlproject.dataset.text import content_hash, normalise
from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source import corpus as files
from mlproject.source.corpus import LabelledRow
from mlproject.steps import TaskInputs
from mlproject.store import corpus as texts
from mlproject.store import reviews
from mlproject.store.connection import connect
from mlproject.task import Corpus, Task, load

log = logging.getLogger(__name__)


class Inputs(TaskInputs):
    folder: Path | None = None  # MLPROJECT_DATA by default
    corpora: tuple[str, ...] = ()  # names; empty: every corpus of the task whose file is there


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    folder = inputs.folder or settings.data
    chosen = choose(task, folder, inputs.corpora)
    total: Counter[str] = Counter(rows_read=0, rows_new=0, rows_changed=0, rows_rejected=0)
    for corpus in chosen:
        reading = files.read(corpus, folder / corpus.file)
        with connect(settings) as connection:
            new, changed = store(connection, settings.site, task, corpus, reading.rows)
        total.update(
            rows_read=reading.read,
            rows_new=new,
            rows_changed=changed,
            rows_rejected=reading.rejected,
        )
        log.info(
            "%s: %d rows read, %d new, %d changed, %d left out, %d rejected %s",
            *(corpus.name, reading.read, new, changed, reading.skipped, reading.rejected),
            reading.first_reason,
        )
    return {"files": [corpus.file for corpus in chosen], **total}


def choose(task: Task, folder: Path, names: tuple[str, ...]) -> list[Corpus]:
    """The corpora asked for, or all that are there.

    Raises:
        InputError: a name is unknown, a file is missing, or nothing is there at all.
    """
    if not folder.is_dir():
        raise InputError(f"folder {folder} is not there: set MLPROJECT_DATA or the input `folder`")
    by_name = {corpus.name: corpus for corpus in task.corpora}
    for name in names:
        if name not in by_name:
            raise InputError(f"corpora: {name!r} is unknown; the task has {', '.join(by_name)}")
        if not (folder / by_name[name].file).is_file():
            raise InputError(f"corpora: {name!r} wants {folder / by_name[name].file}: not there")
    chosen = [by_name[name] for name in names] or [
        corpus for corpus in task.corpora if (folder / corpus.file).is_file()
    ]
    if not chosen:
        wanted = ", ".join(corpus.file for corpus in task.corpora)
        raise InputError(f"folder {folder} has none of the task's files: {wanted}")
    return chosen


def store(
    connection: Connection, site: str, task: Task, corpus: Corpus, rows: list[LabelledRow]
) -> tuple[int, int]:
    """Store the rows of one corpus; returns how many were new and how many changed."""
    if corpus.kind == "reviews":
        said = [
            reviews.NewReview(row.id, row.title, row.text, row.created, row.label)
            for row in rows
            if row.id is not None and row.created is not None
        ]
        new = reviews.store(connection, site, task.name, corpus.name, corpus.role, said)
        return new, 0
    unique: dict[str, texts.NewText] = {}
    for row in rows:
        body = normalise(row.text)
        key = content_hash(body)
        unique.setdefault(key, texts.NewText(key, body, row.label, row.source))
    return texts.store(
        connection, task.name, corpus.name, corpus.licence, corpus.role, list(unique.values())
    )
