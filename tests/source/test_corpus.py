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
    assert [(row.text, row.label, row.source) for row in reading] == [
        ("押金不退", "consultation", "questions")
    ]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"content": "x"}).encode())
    assert [row.text for row in read(TEXTS, path)] == ["x"]


def test_a_review_carries_its_post(tmp_path: Path) -> None:
    post = {"id": 7, "title": "求助", "content": None, "t": 1_700_000_000, "label": 1}
    reading = read(REVIEWS, write(tmp_path / "r.jsonl", [{**post, "content": "正文"}]))
    (row,) = reading
    assert (row.id, row.title, row.text, row.label) == (7, "求助", "正文", "consultation")


def test_a_label_of_a_post_needs_nothing_but_its_id(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("id,label\n7,1\n8,2\n9,0\n")
    fields = {"id": "id", "label": "label"}
    corpus = REVIEWS.model_copy(update={"kind": "labels", "file": "l.csv", "fields": fields})
    reading = read(corpus, tmp_path / "l.csv")
    assert [(row.id, row.label) for row in reading] == [(7, "consultation"), (9, "other")]
    assert reading.skipped == 1


def test_a_label_that_the_task_leaves_out_is_skipped_not_rejected(tmp_path: Path) -> None:
    post = {"id": 7, "title": "求助", "content": "", "t": 1_700_000_000, "label": 2}
    reading = read(REVIEWS, write(tmp_path / "r.jsonl", [post]))
    assert (list(reading), reading.skipped, reading.rejected) == ([], 1, 0)


def test_a_few_bad_rows_are_counted_with_the_first_reason(tmp_path: Path) -> None:
    rows: list[Any] = [{"content": f"问题{number}"} for number in range(40)]
    rows.insert(3, {"content": ""})
    reading = read(TEXTS, write(tmp_path / "q.jsonl", rows))
    assert (len(list(reading)), reading.rejected) == (40, 1)
    assert reading.first_reason == "line 4: content is empty"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"content": 3}, "content is not text"),
        ({"content": None}, "content is missing"),
        ({"content": " \u3000\n"}, "content is empty"),
        ({"content": "\u200b\ufeff"}, "content is empty"),
        ({"content": "长" * 100_001}, "content is over 100000 characters"),
        ({}, "content is missing"),
        ([], "content is missing"),
        ("3", "not a JSON object"),
        ("{", "not JSON: "),
        ('{"content": "x"} {}', "not JSON: "),
    ],
)
def test_a_bad_text_is_rejected_with_its_line_and_reason(
    tmp_path: Path, row: Any, reason: str
) -> None:
    rejected: list[tuple[int, str, Any]] = []
    rows = [{"content": f"问题{number}"} for number in range(30)]
    path = write(tmp_path / "q.jsonl", [*rows[:9], row, *rows[9:]])
    taken = list(read(TEXTS, path, lambda *bad: rejected.append(bad)))
    assert len(taken) == 30
    ((line, said, _),) = rejected
    assert line == 10
    assert said.startswith(reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": 0}, "id 0 is not a whole number above 0"),
        ({"id": True}, "id True is not"),
        ({"id": 2**63}, "id 9223372036854775808 is not"),
        ({"t": 1_700_000_000_000}, "t 1700000000000 is not a time"),
        ({"t": "yesterday"}, "t 'yesterday' is not a time"),
        ({"title": ""}, "title is empty"),
        ({"label": 7}, "label '7' is not in `labels`"),
    ],
)
def test_a_bad_review_is_rejected_with_the_reason(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    post = {"id": 7, "title": "求助", "content": None, "t": 1_700_000_000, "label": 1}
    path = write(tmp_path / "r.jsonl", [*([post] * 30), {**post, **change}])
    reading = read(REVIEWS, path)
    assert len(list(reading)) == 30
    assert reading.first_reason.startswith(f"line 31: {reason}")


def test_nul_and_halves_of_surrogate_pairs_are_no_part_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(r'{"content": "a\u0000b\ud83dc"}')
    assert [row.text for row in read(TEXTS, path)] == ["ab?c"]


def test_a_source_is_the_field_the_entry_or_the_name(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", [{"content": "x", "from": "forum"}, {"content": "y"}])
    field = {"fields": {"text": "content", "source": "from"}}
    told = TEXTS.model_copy(update={**field, "source": "told"})
    assert [row.source for row in read(told, path)] == ["forum", "told"]
    assert [row.source for row in read(TEXTS, path)] == ["questions", "questions"]


def test_bad_rows_of_all_chunks_count_together(tmp_path: Path) -> None:
    rows: list[Any] = [{"content": "x"}] * 9_500 + [{"content": ""}] * 501
    with pytest.raises(InputError, match="501 of 10001 rows"):
        list(read(TEXTS, write(tmp_path / "q.jsonl", rows)))
    assert len(list(read(TEXTS, write(tmp_path / "q.jsonl", rows[:-1])))) == 9_500


@pytest.mark.parametrize("bad", ["{", "[]", '{"content": 3}', '{"text": "x"}'])
def test_many_bad_rows_stop_the_import(tmp_path: Path, bad: str) -> None:
    with pytest.raises(InputError, match=r"1 of 2 rows .* are bad"):
        list(read(TEXTS, write(tmp_path / "q.jsonl", [{"content": "x"}, bad])))


def test_a_broken_gzip_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"content": "x"}\n' * 50)[:-12])
    with pytest.raises(InputError, match=r"q\.jsonl\.gz cannot be read"):
        list(read(TEXTS, path))


def test_no_more_than_max_rows_are_taken(tmp_path: Path) -> None:
    corpus = TEXTS.model_copy(update={"max_rows": 2})
    path = write(tmp_path / "q.jsonl", [{"content": f"问题{number}"} for number in range(9)])
    assert len(list(read(corpus, path))) == 2
