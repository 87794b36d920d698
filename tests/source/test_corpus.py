"""Reading labelled files."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mlproject.errors import InputError
from mlproject.source.corpus import read
from mlproject.task import Corpus

TEXTS = Corpus(
    name="questions",
    file="q.jsonl",
    fields={"text": "content"},
    label="consultation",
    licence="MIT",
)
REVIEWS = Corpus(
    name="read",
    file="r.jsonl",
    kind="reviews",
    fields={"id": "id", "title": "title", "content": "content", "created": "t", "label": "label"},
    labels={"0": "other", "1": "consultation", "2": None},
    licence="MIT",
)


def write(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    data = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["q.jsonl", "q.jsonl.gz"])
def test_plain_and_gzip_are_read_alike(tmp_path: Path, name: str) -> None:
    reading = read(TEXTS, write(tmp_path / name, [{"content": "押金不退"}]))
    assert [(row.text, row.label, row.source) for row in reading.rows] == [
        ("押金不退", "consultation", "questions")
    ]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"content": "x"}).encode())
    assert read(TEXTS, path).rejected == 0


def test_a_review_carries_its_post(tmp_path: Path) -> None:
    post = {"id": 7, "title": "求助", "content": None, "t": 1_700_000_000, "label": 1}
    reading = read(REVIEWS, write(tmp_path / "r.jsonl", [{**post, "content": "正文"}]))
    (row,) = reading.rows
    assert (row.id, row.title, row.text, row.label) == (7, "求助", "正文", "consultation")


def test_a_label_that_the_task_leaves_out_is_skipped_not_rejected(tmp_path: Path) -> None:
    post = {"id": 7, "title": "求助", "content": "", "t": 1_700_000_000, "label": 2}
    reading = read(REVIEWS, write(tmp_path / "r.jsonl", [post]))
    assert (reading.rows, reading.skipped, reading.rejected) == ([], 1, 0)


def test_a_few_bad_rows_are_counted_with_the_first_reason(tmp_path: Path) -> None:
    rows: list[Any] = [{"content": f"问题{number}"} for number in range(40)]
    rows.insert(3, {"content": ""})
    reading = read(TEXTS, write(tmp_path / "q.jsonl", rows))
    assert (len(reading.rows), reading.rejected) == (40, 1)
    assert reading.first_reason == "line 4: content is empty"


@pytest.mark.parametrize("bad", ["{", "[]", '{"content": 3}', '{"text": "x"}'])
def test_many_bad_rows_stop_the_import(tmp_path: Path, bad: str) -> None:
    with pytest.raises(InputError, match=r"1 of 2 rows .* are bad"):
        read(TEXTS, write(tmp_path / "q.jsonl", [{"content": "x"}, bad]))


def test_a_broken_gzip_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"content": "x"}\n' * 50)[:-12])
    with pytest.raises(InputError, match=r"q\.jsonl\.gz cannot be read"):
        read(TEXTS, path)


def test_no_more_than_max_rows_are_taken(tmp_path: Path) -> None:
    corpus = TEXTS.model_copy(update={"max_rows": 2})
    path = write(tmp_path / "q.jsonl", [{"content": f"问题{number}"} for number in range(9)])
    assert len(read(corpus, path).rows) == 2
