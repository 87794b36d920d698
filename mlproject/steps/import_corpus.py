"""Verb ``import-corpus``: labelled files into corpus_text, reviewed posts into topic and review."""

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

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
from mlproject.task import Corpus, Task, bundled, load

log = logging.getLogger(__name__)


class Inputs(TaskInputs):
    folder: Path | None = None  # MLPROJECT_DATA by default
    corpora: tuple[str, ...] = ()  # names; empty: every enabled one that is there


class Stored(NamedTuple):
    new: int
    changed: int = 0
    waiting: int = 0  # labels whose post is not stored yet


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    chosen = choose(inputs.task, task, inputs.folder or settings.data, inputs.corpora)
    total = Counter({f"rows_{name}": 0 for name in ("read", "new", "changed", "rejected")})
    total["rows_waiting"] = 0
    quarantined: list[str] = []
    for corpus, path in chosen:
        place = settings.home / "quarantine" / task.name / f"{corpus.name}.jsonl"
        with Quarantine(place, corpus.place) as quarantine:
            total.update(bring(settings, task, corpus, path, quarantine))
        if quarantine.rows:
            quarantined.append(str(place))
    return {"files": [corpus.place for corpus, _ in chosen], "quarantine": quarantined, **total}


def choose(
    name: str, task: Task, folder: Path, names: tuple[str, ...]
) -> list[tuple[Corpus, Path | None]]:
    """The corpora asked for, or all that are enabled and there, with their files; None: a URL.

    Raises:
        InputError: a name is unknown, a file is missing, or the folder has none of those that do
            not come with the task.
    """
    by_name = {corpus.name: corpus for corpus in task.corpora}
    for wanted in names:
        if wanted not in by_name:
            raise InputError(f"corpora: {wanted!r} is unknown; the task has {', '.join(by_name)}")
    if names:
        asked = [by_name[each] for each in dict.fromkeys(names)]
        return [(corpus, _needed(name, corpus, folder)) for corpus in asked]
    if not folder.is_dir():
        raise InputError(f"folder {folder} is not there: set MLPROJECT_DATA or the input `folder`")
    found = [(each, find(name, each, folder)) for each in task.corpora if each.enabled]
    chosen = [(corpus, path) for corpus, path in found if corpus.url or path]
    missing = [corpus.place for corpus, path in found if not (corpus.url or path)]
    own = [corpus for corpus, path in chosen if corpus.url or path == folder / corpus.place]
    if not own and (missing or not chosen):
        raise InputError(f"folder {folder} has none of the task's files: {', '.join(missing)}")
    return chosen


def find(task: str, corpus: Corpus, folder: Path) -> Path | None:
    """The corpus's file: in the folder, else beside the task file; None where it is at neither."""
    if corpus.file is None:
        return None
    path = folder / corpus.file
    return path if path.is_file() else bundled(task, corpus.file)


def _needed(task: str, corpus: Corpus, folder: Path) -> Path | None:
    path = find(task, corpus, folder)
    if path is None and corpus.file is not None:
        raise InputError(f"corpora: {corpus.name!r} wants {folder / corpus.file}: not there")
    return path


def bring(
    settings: Settings, task: Task, corpus: Corpus, path: Path | None, quarantine: Quarantine
) -> Counter[str]:
    """Import one corpus, all of it or nothing; returns what was counted."""
    reading = read(corpus, locate(settings, corpus, path), quarantine.add)
    try:
        with connect(settings) as connection:
            stored = store(connection, settings.site, task, corpus, reading)
    finally:
        log.info(
            "%s: %d rows read, %d left out, %d rejected %s",
            *(corpus.name, reading.read, reading.skipped, reading.rejected, reading.first_reason),
        )
    waiting = f", {stored.waiting} wait for their post" if corpus.kind == "labels" else ""
    log.info("%s: %d new, %d changed%s", corpus.name, stored.new, stored.changed, waiting)
    return Counter(
        rows_read=reading.read,
        rows_new=stored.new,
        rows_changed=stored.changed,
        rows_rejected=reading.rejected,
        rows_waiting=stored.waiting,
    )


def locate(settings: Settings, corpus: Corpus, path: Path | None) -> Path:
    """The corpus's file, downloaded where it has to be, and checked where its hash is known."""
    if path is None:
        place = settings.home / "downloads"
        return download(corpus.place, place, Limits.of(settings), corpus.sha256)
    if corpus.sha256 is not None and (found := sha256_of(path)) != corpus.sha256:
        raise InputError(
            f"corpus {corpus.name}: sha256 {found} of {path} is not the expected {corpus.sha256}"
        )
    return path


def store(
    connection: Connection, site: str, task: Task, corpus: Corpus, rows: Iterable[LabelledRow]
) -> Stored:
    """Store the rows of one corpus."""
    if corpus.kind == "texts":
        given = (new_text(row) for row in rows)
        return Stored(
            *texts.store(connection, task.name, corpus.name, corpus.licence, corpus.role, given)
        )
    said = (
        reviews.NewReview(row.id, row.label, row.title, row.text, row.created)
        for row in rows
        if row.id is not None
    )
    new, waiting = reviews.store(connection, site, task.name, corpus.name, corpus.role, said)
    return Stored(new, waiting=waiting)


def new_text(row: LabelledRow) -> texts.NewText:
    body = normalise(row.text)
    return texts.NewText(content_hash(body), body, row.label, row.source)
