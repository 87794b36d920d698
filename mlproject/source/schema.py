"""What a row of a corpus must be, checked a few thousand rows at a time."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from mlproject.dataset.text import normalise
from mlproject.source.topic import MAX_ID
from mlproject.task import Corpus

MAX_TEXT = 100_000  # characters; the longest forum post has a fifth of that
LATEST = 4_102_444_800  # 2100-01-01 in seconds since 1970: later is milliseconds


def columns(corpus: Corpus) -> tuple[str, ...]:
    """The fields that are checked, of all that the corpus maps."""
    return (*corpus.wanted, "label") if corpus.label is None else corpus.wanted


def schema(corpus: Corpus) -> pa.DataFrameSchema:
    """The checks of one corpus; what they say completes the sentence that the field begins."""
    text = [_check(_is_text, "is not text"), _check(_is_short, f"is over {MAX_TEXT} characters")]
    filled = [_check(_is_there, "is missing"), *text, _check(_is_filled, "is empty")]
    known = frozenset(corpus.labels)
    checks = {
        "text": filled,
        "title": filled,
        "content": text,
        "id": [_check(_is_id, "is not a whole number above 0")],
        "created": [_check(_is_time, "is not a time in seconds since 1970")],
        "label": [_check(lambda key: key in known, "is not in `labels`")],
    }
    return pa.DataFrameSchema(
        {name: pa.Column(object, checks[name], nullable=True) for name in columns(corpus)}
    )


def faults(
    checks: pa.DataFrameSchema, corpus: Corpus, rows: list[dict[str, Any]]
) -> dict[int, str]:
    """The positions of the rows that fail, with the reason."""
    frame = pd.DataFrame(rows, columns=list(checks.columns), dtype=object)
    try:
        checks.validate(frame, lazy=True)
    except SchemaErrors as error:
        found = error.failure_cases
        reasons: dict[int, str] = {}
        for position, column, check in zip(
            found["index"], found["column"], found["check"], strict=True
        ):
            value = rows[int(position)][str(column)]
            shown = f" {value!r:.80}" if column in ("id", "created", "label") else ""
            reasons.setdefault(int(position), f"{corpus.fields[str(column)]}{shown} {check}")
        return reasons
    return {}


def _check(holds: Callable[[Any], bool], said: str) -> pa.Check:
    return pa.Check(holds, element_wise=True, ignore_na=False, error=said)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_there(value: Any) -> bool:
    return value is not None


def _is_short(value: Any) -> bool:
    return not isinstance(value, str) or len(value) <= MAX_TEXT


def _is_filled(value: Any) -> bool:
    return not isinstance(value, str) or bool(normalise(value))


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID


def _is_time(value: Any) -> bool:
    if isinstance(value, datetime):
        return datetime(1970, 1, 1, tzinfo=UTC) <= value <= datetime.fromtimestamp(LATEST, UTC)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST
