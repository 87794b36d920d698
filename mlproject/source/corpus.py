"""Labelled rows from JSON Lines files, plain or gzip."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlproject.errors import InputError
from mlproject.task import Corpus

BAD_SHARE = 0.05  # more rejected rows than this, and the file is not what it is said to be


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One row of a corpus; ``id`` and ``created`` are those of a forum post, for reviews."""

    text: str
    label: str
    source: str
    id: int | None = None
    title: str = ""
    created: datetime | None = None


@dataclass(slots=True)
class Reading:
    """What came out of one file."""

    rows: list[LabelledRow]
    read: int = 0
    skipped: int = 0  # labels that the task leaves out
    rejected: int = 0
    first_reason: str = ""


def read(corpus: Corpus, path: Path) -> Reading:
    """All good rows of a file, up to ``max_rows``.

    Raises:
        InputError: the file cannot be read, or more than 5 % of its rows are bad.
    """
    reading = Reading([])
    try:
        for number, line in enumerate(_lines(path), start=1):
            reading.read += 1
            try:
                row = parse(corpus, line)
            except ValueError as error:
                reading.rejected += 1
                reading.first_reason = reading.first_reason or f"line {number}: {error}"
                continue
            if row is None:
                reading.skipped += 1
            else:
                reading.rows.append(row)
            if corpus.max_rows is not None and len(reading.rows) >= corpus.max_rows:
                break
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"corpus {corpus.name}: {path} cannot be read: {error}") from None
    if reading.rejected > BAD_SHARE * reading.read:
        raise InputError(
            f"corpus {corpus.name}: {reading.rejected} of {reading.read} rows of {path} are bad"
            f" ({reading.first_reason}): check `fields` and `labels` in the task file"
        )
    return reading


def parse(corpus: Corpus, line: str) -> LabelledRow | None:
    """One line as a row; None where the corpus leaves its label out.

    Raises:
        ValueError: the line does not fit; the text says why.
    """
    values = json.loads(line)
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    label = _label(corpus, values)
    if label is None:
        return None
    source = str(values.get(corpus.fields.get("source", ""), "") or corpus.name)
    if corpus.kind == "reviews":
        return _review(corpus, values, label, source)
    text = _text(values, corpus.fields["text"])
    if not text.strip():
        raise ValueError(f"{corpus.fields['text']} is empty")
    return LabelledRow(text, label, source)


def _review(corpus: Corpus, values: dict[str, Any], label: str, source: str) -> LabelledRow:
    fields = corpus.fields
    number, created = values.get(fields["id"]), values.get(fields["created"])
    if not isinstance(number, int) or not isinstance(created, int):
        raise ValueError(f"{fields['id']} and {fields['created']} must be whole numbers")
    title = _text(values, fields["title"])
    if not title.strip():
        raise ValueError(f"{fields['title']} is empty")
    content = _text(values, fields["content"], missing="")
    when = datetime.fromtimestamp(created, UTC)
    return LabelledRow(content, label, source, number, title, when)


def _label(corpus: Corpus, values: dict[str, Any]) -> str | None:
    if corpus.label is not None:
        return corpus.label
    key = str(values.get(corpus.fields["label"]))
    if key not in corpus.labels:
        raise ValueError(f"label {key!r} is not in `labels`")
    return corpus.labels[key]


def _text(values: dict[str, Any], field: str, missing: str | None = None) -> str:
    value = values.get(field, missing)
    if not isinstance(value, str):
        raise ValueError(f"{field} is {type(value).__name__}, not text")
    return value.replace("\x00", "")  # Postgres cannot hold it


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig") as file:
        for line in file:
            if line.strip():
                yield line
