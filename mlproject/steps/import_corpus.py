"""Verb ``import-corpus``: labelled files into corpus_text, reviewed posts into topic and review."""

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from mlproject.dataset.text import content_hash, normalise
from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source.corpus import LabelledRow, read
from mlproject.source.download import Limits, download, sha256_of
from mlproject.source.quarantine import Quarantine
from mlproject.steps import TaskInputs
from mlproject.store import corpus as texts
from mlproject.store import reviews
from mlproject.store.connection import connect
from mlproject.task import Corpus, Task, load

log = logging.getLogger(__name__)


class Inputs(TaskInputs):
    folder: Path | None = None  # MLPROJECT_DATA by default
    corpora: tuple[str, ...] = ()  # names; empty: every enabled one that is there


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    folder = inputs.folder or settings.data
    chosen = choose(task, folder, inputs.corpora)
    total: Counter[str] = Counter(rows_read=0, rows_new=0, rows_changed=0, rows_rejected=0)
    quarantined: list[str] = []
    for corpus in chosen:
        place = settings.home / "quarantine" / task.name / f"{corpus.name}.jsonl"
        with Quarantine(place, corpus.place) as quarantine:
            total.update(bring(settings, task, corpus, folder, quarantine))
        if quarantine.rows:
            quarantined.append(str(place))
    return {"files": [corpus.place for corpus in chosen], "quarantine": quarantined, **total}


def choose(task: Task, folder: Path, names: tuple[str, ...]) -> list[Corpus]:
    """The corpora asked for, or all that are enabled and there.

    Raises:
        InputError: a name is unknown, a file is missing, or nothing is there at all.
    """
    by_name = {corpus.name: corpus for corpus in task.corpora}
    for name in names:
        if name not in by_name:
            raise InputError(f"corpora: {name!r} is unknown; the task has {', '.join(by_name)}")
        file = by_name[name].file
        if file is not None and not (folder / file).is_file():
            raise InputError(f"corpora: {name!r} wants {folder / file}: not there")
    if names:
        return [by_name[name] for name in dict.fromkeys(names)]
    if not folder.is_dir():
        raise InputError(f"folder {folder} is not there: set MLPROJECT_DATA or the input `folder`")
    enabled = [corpus for corpus in task.corpora if corpus.enabled]
    chosen = [each for each in enabled if each.file is None or (folder / each.file).is_file()]
    if not chosen:
        wanted = ", ".join(corpus.place for corpus in enabled)
        raise InputError(f"folder {folder} has none of the task's files: {wanted}")
    return chosen


def bring(
    settings: Settings, task: Task, corpus: Corpus, folder: Path, quarantine: Quarantine
) -> Counter[str]:
    """Import one corpus, all of it or nothing; returns what was counted."""
    reading = read(corpus, locate(settings, corpus, folder), quarantine.add)
    try:
        with connect(settings) as connection:
            new, changed = store(connection, settings.site, task, corpus, reading)
    finally:
        log.info(
            "%s: %d rows read, %d left out, %d rejected %s",
            *(corpus.name, reading.read, reading.skipped, reading.rejected, reading.first_reason),
        )
    log.info("%s: %d new, %d changed", corpus.name, new, changed)
    return Counter(
        rows_read=reading.read,
        rows_new=new,
        rows_changed=changed,
        rows_rejected=reading.rejected,
    )


def locate(settings: Settings, corpus: Corpus, folder: Path) -> Path:
    """The corpus's file, downloaded where it has to be, and checked where its hash is known."""
    if corpus.url is not None:
        place = settings.home / "downloads"
        return download(corpus.url, place, Limits.of(settings), corpus.sha256)
    path = folder / (corpus.file or "")
    if corpus.sha256 is not None and (found := sha256_of(path)) != corpus.sha256:
        raise InputError(
            f"corpus {corpus.name}: sha256 {found} of {path} is not the expected {corpus.sha256}"
        )
    return path


def store(
    connection: Connection, site: str, task: Task, corpus: Corpus, rows: Iterable[LabelledRow]
) -> tuple[int, int]:
    """Store the rows of one corpus; returns how many were new and how many changed."""
    if corpus.kind == "reviews":
        said = (
            reviews.NewReview(row.id, row.title, row.text, row.created, row.label)
            for row in rows
            if row.id is not None and row.created is not None
        )
        return reviews.store(connection, site, task.name, corpus.name, corpus.role, said), 0
    given = (new_text(row) for row in rows)
    return texts.store(connection, task.name, corpus.name, corpus.licence, corpus.role, given)


def new_text(row: LabelledRow) -> texts.NewText:
    body = normalise(row.text)
    return texts.NewText(content_hash(body), body, row.label, row.source)
