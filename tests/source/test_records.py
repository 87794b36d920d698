"""Every format, plain or gzip, gives the same records."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from mlproject.errors import InputError
from mlproject.source.corpus import read
from mlproject.source.records import records
from mlproject.task import Corpus

ROWS = [
    {"content": "押金不退，怎么办？\n合同写了“概不退还”", "kind": "1"},
    {"content": 'a "quoted", text\twith\ttabs', "kind": "0"},
]


def corpus(file: str, **more: Any) -> Corpus:
    values: dict[str, Any] = {
        "name": "questions",
        "file": file,
        "fields": {"text": "content", "label": "kind"},
        "labels": {"0": "other", "1": "consultation"},
        "licence": "MIT",
    }
    return Corpus.model_validate(values | more)


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def json_list(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["kind", "content"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def columns(rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


FORMATS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "jsonl": json_lines,
    "json": json_list,
    "csv": table,
    "tsv": lambda rows: table(rows, "\t"),
    "parquet": columns,
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_rows(tmp_path: Path, form: str, packed: bool) -> None:
    data = FORMATS[form](ROWS)
    name = f"q.{form}{'.gz' if packed else ''}"
    (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    entry = corpus(name, quotes=True if form == "tsv" else None)
    found = [(row.text, row.label) for row in read(entry, tmp_path / name)]
    assert found == [(ROWS[0]["content"], "consultation"), (ROWS[1]["content"], "other")]


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "tsv"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_is_recognised(tmp_path: Path, form: str, encoding: str) -> None:
    rows = [{"content": "押金不退𠮷怎么办", "kind": "1"}]
    path = tmp_path / f"q.{form}"
    path.write_bytes(FORMATS[form](rows).decode().encode(encoding))
    assert [row.text for row in read(corpus(path.name), path)] == ["押金不退𠮷怎么办"]


def test_gzip_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(gzip.compress(json_lines(ROWS)))
    assert len(list(records(corpus("q.jsonl"), path))) == 2


def test_json_that_begins_with_an_object_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_bytes(json_lines(ROWS))
    assert [record.values for record in records(corpus("q.json"), path)] == ROWS


def test_a_list_inside_an_object_is_found_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text(json.dumps({"version": 1, "data": {"rows": ROWS}}))
    entry = corpus("q.json", items="data.rows")
    assert [record.line for record in records(entry, path)] == [1, 2]
    with pytest.raises(InputError, match="no list at data: check `items`"):
        list(records(corpus("q.json", items="data"), path))


def test_fields_reach_into_objects_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('[{"ask": ["x", "y"], "a.b": 1}]\n')
    entry = corpus("q.jsonl", label="other", fields={"text": "0.ask.1"})
    assert [row.text for row in read(entry, path)] == ["y"]


def test_a_table_without_header_takes_the_entrys(tmp_path: Path) -> None:
    path = tmp_path / "q.tsv"
    path.write_text('1\t"x\n0\ty"\n')
    entry = corpus("q.tsv", header=["kind", "content"])
    assert [row.text for row in read(entry, path)] == ['"x', 'y"']


def test_a_row_of_another_width_is_bad_and_named_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('kind,content\n1,"a\nb"\n1,c,d\n')
    first, second = records(corpus("q.csv"), path)
    assert (first.line, first.values) == (2, {"kind": "1", "content": "a\nb"})
    assert (second.line, second.fault) == (4, "3 columns, not 2")


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet"])
def test_a_column_that_is_not_there_stops_the_file(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"q.{form}"
    path.write_bytes(FORMATS[form](ROWS))
    entry = corpus(path.name, label="other", fields={"text": "question"})
    with pytest.raises(InputError, match=r"no column 'question'; there are .*content"):
        list(read(entry, path))


def test_ids_and_times_of_a_table_are_numbers_or_times(tmp_path: Path) -> None:
    when = datetime(2023, 11, 14, 22, 13, 20)
    row = {"id": 7, "title": "t", "content": None, "created": when, "label": 1}
    (tmp_path / "r.parquet").write_bytes(columns([row]))
    (tmp_path / "r.csv").write_text("id,title,content,created,label\n7,t,,1700000000,1\n")
    for name in ("r.parquet", "r.csv"):
        fields = {key: key for key in row}
        entry = corpus(name, kind="reviews", fields=fields)
        (read_row,) = read(entry, tmp_path / name)
        assert (read_row.id, read_row.text) == (7, "")
        assert read_row.created == when.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("q.json", b'[{"content": "x"}, {"content"', "cannot be read"),
        ("q.json", b"[1, 2} ", "cannot be read"),
        ("q.json", b'"x"', "does not hold a list"),
        ("q.json.gz", gzip.compress(json_list(ROWS * 50))[:-9], "cannot be read"),
        ("q.csv.gz", gzip.compress(table(ROWS * 50))[:60], "cannot be read"),
        ("q.parquet", b"PAR1 and no more", "cannot be read"),
        ("q.jsonl", b'{"content": "' + b"x" * (8 << 20) + b'"}', "line 1 is longer than 8 MB"),
        ("q.jsonl", "押金".encode("utf-16"), "neither UTF-8 .* nor GB18030"),
        ("q.txt", b"x", "format of q.txt is not known"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_named(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=said) as caught:
        list(read(corpus(name), tmp_path / name))
    assert "\n" not in str(caught.value)
