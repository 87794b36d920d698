"""The records of a file as objects, one after the other, whatever its format."""

import codecs
import csv
import io
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import ijson
import orjson

from mlproject.errors import InputError
from mlproject.source.encoding import MAX_LINE, Encoding, detect, lines, open_bytes
from mlproject.task import Corpus

BATCH = 2000  # rows of a Parquet file at a time
SUFFIXES = {
    **{".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"},
    **{".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"},
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record: ``line`` is where it begins; for JSON lists and Parquet its number."""

    line: int
    values: Any  # None where ``fault`` says why it cannot be read
    raw: str = ""
    fault: str = ""


def kind(corpus: Corpus) -> str:
    """The format that the task file gives, or that the name tells.

    Raises:
        InputError: neither does.
    """
    if corpus.format:
        return corpus.format
    name = PurePosixPath(urlsplit(corpus.place).path if corpus.url else corpus.place)
    suffix = name.with_suffix("").suffix if name.suffix == ".gz" else name.suffix
    if suffix.lower() not in SUFFIXES:
        raise InputError(f"the format of {corpus.place} is not known: give `format`")
    return SUFFIXES[suffix.lower()]


def records(corpus: Corpus, path: Path) -> Iterator[Record]:
    """All records of a file, in flat memory.

    Raises:
        InputError: the file cannot be read as what it is said to be.
    """
    try:
        if kind(corpus) == "parquet":
            yield from _parquet(corpus, path)
        else:
            yield from _text(corpus, path)
    except InputError as error:
        raise InputError(f"corpus {corpus.name}: {error}") from None
    except (OSError, EOFError, ValueError, zlib.error, csv.Error, ijson.JSONError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"corpus {corpus.name}: {path} cannot be read: {said}") from None


def _text(corpus: Corpus, path: Path) -> Iterator[Record]:
    encoding = detect(path)
    with open_bytes(path) as file:
        if encoding == "utf-8-sig":
            file.read(len(codecs.BOM_UTF8))
        match kind(corpus):
            case "jsonl":
                yield from _json_lines(file, encoding)
            case "json":
                yield from _json(corpus, path, file, encoding)
            case form:
                yield from _table(corpus, file, encoding, tab=form == "tsv")


def _json_lines(file: BinaryIO, encoding: Encoding) -> Iterator[Record]:
    for number, line in enumerate(lines(file), start=1):
        if not line.strip():
            continue
        try:
            yield Record(number, _json_value(line, encoding))
        except (ValueError, RecursionError) as error:
            yield Record(number, None, line.decode(encoding).strip(), f"not JSON: {error}")


def _json_value(line: bytes, encoding: Encoding) -> Any:
    text = line if encoding != "gb18030" else line.decode(encoding)
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text)  # takes what is JSON to others: halves of surrogate pairs, NaN


def _json(corpus: Corpus, path: Path, file: BinaryIO, encoding: Encoding) -> Iterator[Record]:
    """The items of a list; an object that no ``items`` points into begins JSON Lines."""
    first = _first_byte(file)
    if first == b"{" and not corpus.items:
        yield from _json_lines(file, encoding)
        return
    if first != (b"{" if corpus.items else b"["):
        raise InputError(f"{path} does not hold a list{' at ' * bool(corpus.items)}{corpus.items}")
    prefix = f"{corpus.items}.item" if corpus.items else "item"
    stream = file if encoding != "gb18030" else _Utf8(file, encoding)
    number = 0
    for number, value in enumerate(ijson.items(stream, prefix, use_float=True), start=1):
        yield Record(number, value)
    if corpus.items and not number:
        raise InputError(f"{path} has no list at {corpus.items}: check `items`")


def _first_byte(file: BinaryIO) -> bytes:
    """The first byte that is not white space; the file stands before it afterwards."""
    while (first := file.read(1)).isspace():
        pass
    if first:
        file.seek(-1, io.SEEK_CUR)
    return first


class _Utf8:
    """What the JSON parser reads: a text file's bytes, in UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.file = file
        self.decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        return self.decoder.decode(block, final=not block).encode()


def _table(corpus: Corpus, file: BinaryIO, encoding: Encoding, tab: bool) -> Iterator[Record]:
    quotes = not tab if corpus.quotes is None else corpus.quotes
    with _field_limit():
        reader = csv.reader(
            _decoded(lines(file), encoding),
            delimiter="\t" if tab else ",",
            quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
            quotechar='"' if quotes else None,
        )
        header = corpus.header or tuple(name.strip() for name in next(reader, ()))
        _known(corpus, header)
        start = reader.line_num + 1
        for row in reader:
            if row and len(row) == len(header):
                yield Record(start, dict(zip(header, row, strict=True)))
            elif row:
                raw = ("\t" if tab else ",").join(row)
                yield Record(start, None, raw, f"{len(row)} columns, not {len(header)}")
            start = reader.line_num + 1


def _decoded(several: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    codec = "gb18030" if encoding == "gb18030" else "utf-8"
    for line in several:
        yield line.decode(codec)


@contextmanager
def _field_limit() -> Iterator[None]:
    before = csv.field_size_limit(MAX_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _known(corpus: Corpus, columns: Iterable[str]) -> None:
    there = tuple(columns)
    for field in corpus.fields.values():
        if field not in there and field.split(".")[0] not in there:
            raise InputError(f"no column {field!r}; there are {', '.join(there)[:200]}")


def _parquet(corpus: Corpus, path: Path) -> Iterator[Record]:
    import pyarrow.parquet as parquet  # half a second, for this format only

    with _unpacked(path) as file, parquet.ParquetFile(file, pre_buffer=False) as table:
        columns = table.schema_arrow.names
        _known(corpus, columns)
        fields = corpus.fields.values()
        wanted = {field if field in columns else field.split(".")[0] for field in fields}
        number = 0
        for batch in table.iter_batches(batch_size=BATCH, columns=sorted(wanted)):
            for values in batch.to_pylist():
                number += 1
                yield Record(number, values)


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    """Parquet is read from its end: a gzip file is unpacked beside the other temporary files."""
    with path.open("rb") as plain:
        if plain.read(2) != b"\x1f\x8b":
            plain.seek(0)
            yield plain
            return
    with open_bytes(path) as packed, tempfile.TemporaryFile() as whole:
        shutil.copyfileobj(packed, whole, 1 << 20)
        whole.seek(0)
        yield whole
