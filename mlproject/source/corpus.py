"""Labelled rows from a file: mapped, checked, the bad ones set apart and counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlproject.errors import InputError
from mlproject.source.records import Record, kind, records
from mlproject.source.schema import columns, faults, schema
from mlproject.task import Corpus

BAD_SHARE = 0.05  # more rejected rows than this, and the file is not what it is said to be
CHUNK = 5000  # rows that are checked together
CHUNK_CHARACTERS = 4 << 20  # or fewer, of so much text

Reject = Callable[[int, str, Any], None]  # line, reason, row


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One row of a corpus; ``id`` is that of a forum post, for reviews with all of the post."""

    text: str
    label: str
    source: str
    id: int | None = None
    title: str = ""
    created: datetime | None = None


class Reading:
    """The good rows of one file, up to ``max_rows``, and the counts of what was read so far."""

    def __init__(self, corpus: Corpus, path: Path, reject: Reject | None = None) -> None:
        self.corpus = corpus
        self.path = path
        self.read = 0
        self.skipped = 0  # labels that the task leaves out
        self.rejected = 0
        self.first_reason = ""
        self._reject = reject
        self._taken = 0
        self._checks = schema(corpus)
        self._columns = columns(corpus)

    def __iter__(self) -> Iterator[LabelledRow]:
        """The rows as they are read, in flat memory; once.

        Raises:
            InputError: the file cannot be read, or, at its end, more than 5 % of it is bad.
        """
        for chunk in self._chunks():
            values = [self._values(record) for record in chunk]
            reasons = faults(self._checks, self.corpus, values)
            for position, (record, row) in enumerate(zip(chunk, values, strict=True)):
                if position in reasons:
                    self._bad(record, reasons[position])
                else:
                    self._taken += 1
                    yield self._row(record, row)
        if self.rejected > BAD_SHARE * self.read:
            raise InputError(
                f"corpus {self.corpus.name}: {self.rejected} of {self.read} rows of {self.path}"
                f" are bad ({self.first_reason}): check `fields` and `labels` in the task file"
            )

    def _chunks(self) -> Iterator[list[Record]]:
        """Records that can be good, never more of them together than are still wanted."""
        chunk: list[Record] = []
        size = 0
        for record in records(self.corpus, self.path):
            self.read += 1
            if record.fault or not isinstance(record.values, dict | list):
                self._bad(record, record.fault or "not a JSON object")
            elif self._left_out(record):
                self.skipped += 1
            else:
                chunk.append(record)
                size += _size(record.values)
            if len(chunk) >= self._wanted() or size >= CHUNK_CHARACTERS:
                yield chunk
                chunk, size = [], 0
                if not self._wanted():
                    return
        if chunk:
            yield chunk

    def _wanted(self) -> int:
        most = self.corpus.max_rows
        return CHUNK if most is None else min(CHUNK, most - self._taken)

    def _bad(self, record: Record, reason: str) -> None:
        self.rejected += 1
        self.first_reason = self.first_reason or f"line {record.line}: {reason}"
        if self._reject is not None:
            self._reject(record.line, reason, record.raw or record.values)

    def _left_out(self, record: Record) -> bool:
        if self.corpus.label is not None:
            return False
        key = str(find(record.values, self.corpus.fields["label"]))
        return key in self.corpus.labels and self.corpus.labels[key] is None

    def _values(self, record: Record) -> dict[str, Any]:
        fields = self.corpus.fields
        row = {name: find(record.values, fields[name]) for name in self._columns}
        if "label" in row:
            row["label"] = str(row["label"])
        if row.get("content", "") is None:
            row["content"] = ""
        for name in ("id", "created"):
            if name in row:
                row[name] = _number(row[name])
        return row

    def _row(self, record: Record, row: dict[str, Any]) -> LabelledRow:
        corpus = self.corpus
        label = corpus.label or corpus.labels[row["label"]] or ""
        found = find(record.values, corpus.fields["source"]) if "source" in corpus.fields else None
        source = clean(str(found or corpus.source or corpus.name))
        if corpus.kind == "texts":
            return LabelledRow(clean(row["text"]), label, source)
        if corpus.kind == "labels":
            return LabelledRow("", label, source, row["id"])
        created = row["created"]
        when = created if isinstance(created, datetime) else datetime.fromtimestamp(created, UTC)
        title = clean(row["title"])
        return LabelledRow(clean(row["content"]), label, source, row["id"], title, when)


def read(corpus: Corpus, path: Path, reject: Reject | None = None) -> Reading:
    """The rows of a file; ``reject`` is told of every bad one.

    Raises:
        InputError: its format is not known.
    """
    kind(corpus)
    return Reading(corpus, path, reject)


def find(values: Any, field: str) -> Any:
    """The value of a field; dots go into objects and lists. None where there is none."""
    if isinstance(values, dict) and field in values:
        return values[field]
    for part in field.split("."):
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list) and part.isdecimal() and int(part) < len(values):
            values = values[int(part)]
        else:
            return None
    return values


def clean(text: str) -> str:
    """Text that Postgres takes: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _number(value: Any) -> Any:
    """Whole numbers of files that know only text; times without a zone are in UTC."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _size(values: Any) -> int:
    several = values.values() if isinstance(values, dict) else values
    return sum(len(value) for value in several if isinstance(value, str))
