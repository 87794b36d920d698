"""Small corpora in files, task files that name them, and what of them is stored."""

import json
from pathlib import Path
from typing import Any

from mlproject.settings import Settings
from mlproject.steps.import_corpus import Inputs
from mlproject.store.connection import connect
from mlproject.task import load


def lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def post(number: int, label: int) -> dict[str, Any]:
    return {"id": number, "title": "求助", "content": "", "created": 1_700_000_000, "label": label}


def files_of(folder: Path) -> Inputs:
    """The legal task's corpora that have a file in the folder, without those that it ships."""
    known = {corpus.file: corpus.name for corpus in load("legal").corpora}
    names = (name for file, name in known.items() if file and (folder / file).is_file())
    return Inputs(folder=folder, corpora=tuple(names))


def stored(settings: Settings) -> int:
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM corpus_text")
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def task_file(folder: Path, **entry: Any) -> str:
    values = {"name": "questions", "label": "yes", "fields": {"text": "q"}, "licence": "MIT"}
    task = {"name": "t", "title": "T", "labels": ["no", "yes"], "registered_model": "t"}
    path = folder / "task.yaml"
    path.write_text(json.dumps({**task, "corpora": [{**values, **entry}]}), "utf-8")
    return str(path)
