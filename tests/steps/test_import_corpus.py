"""The step import-corpus on a real Postgres."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.steps import import_corpus
from mlproject.steps.import_corpus import Inputs
from mlproject.store import reviews
from mlproject.store.connection import connect


def lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def post(number: int, label: int) -> dict[str, Any]:
    return {"id": number, "title": "求助", "content": "", "created": 1_700_000_000, "label": label}


def test_a_second_import_changes_nothing(database: Settings, tmp_path: Path) -> None:
    lines(tmp_path / "everyday.jsonl", [{"content": "借钱"}, {"content": "天气"}])
    lines(tmp_path / "reviewed_posts.jsonl", [post(1, 1), post(2, 0)])
    first = import_corpus.run(Inputs(folder=tmp_path), database)
    second = import_corpus.run(Inputs(folder=tmp_path), database)
    assert (first["rows_read"], first["rows_new"]) == (4, 4)
    assert (second["rows_new"], second["rows_changed"]) == (0, 0)


def test_another_label_for_the_same_text_is_a_change(database: Settings, tmp_path: Path) -> None:
    lines(tmp_path / "everyday.jsonl", [{"content": "借钱"}])
    import_corpus.run(Inputs(folder=tmp_path), database)
    (tmp_path / "everyday.jsonl").unlink()
    lines(tmp_path / "consultations.jsonl", [{"content": "借钱 "}])
    assert import_corpus.run(Inputs(folder=tmp_path), database)["rows_changed"] == 1


def test_the_latest_review_counts(database: Settings, tmp_path: Path) -> None:
    for label in (0, 1):
        lines(tmp_path / "reviewed_posts.jsonl", [post(1, label)])
        import_corpus.run(Inputs(folder=tmp_path), database)
    with connect(database) as connection:
        (latest,) = reviews.latest(connection, "legal")
    assert latest.label == "consultation"


def test_an_unknown_corpus_is_named(database: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nonsense' is unknown"):
        import_corpus.run(Inputs(folder=tmp_path, corpora=("nonsense",)), database)


def test_an_empty_folder_says_what_was_looked_for(database: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the task's files: consultations\.jsonl"):
        import_corpus.run(Inputs(folder=tmp_path), database)
