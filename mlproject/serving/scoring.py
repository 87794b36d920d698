"""The texts of a file through the model of the service, answer by answer into another file.

One line of JSON in, one line of JSON out, in the same order. What was written stays written: begun
again, after whatever end, the work goes on behind the last whole line.
"""

import gzip
import itertools
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mlproject import stop
from mlproject.dataset.text import of_post
from mlproject.errors import InputError, StoppedError
from mlproject.serving.answers import results
from mlproject.serving.inference import Inference
from mlproject.serving.job import Answer

WINDOW = 512  # lines that are sorted by length together
EMPTY = "the text is empty"
AHEAD = 3  # windows under way, so that no session ever waits for the file

Report = Callable[[int], object]  # is told how many lines were written


@dataclass(frozen=True)
class Line:
    """One line that was read: a text, or what is wrong with it."""

    id: Any  # of the row; without one, the number of the line from 1 on
    text: str = ""
    error: str | None = None


@dataclass(frozen=True)
class Done:
    """What came of it."""

    lines: int
    resumed: int  # of them were there already
    errors: int  # of those written now


def read(source: Path) -> Iterator[Line]:
    """The rows of a JSONL file, packed with gzip or not: ``text``, or ``title`` and ``content``."""
    for number, line in enumerate(_lines(source), 1):
        yield _parse(line, number)


def _lines(source: Path) -> Iterator[bytes]:
    """
    Raises:
        InputError: the file cannot be read, or its packing is damaged.
    """
    try:
        with gzip.open(source) if source.suffix == ".gz" else source.open("rb") as lines:
            yield from lines
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{source}: cannot be read ({error}): give a whole JSONL file") from None


def _parse(line: bytes, number: int) -> Line:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Line(number, error="not JSON")
    if not isinstance(row, dict):
        return Line(number, error="not an object")
    name = row.get("id", number)
    text, title = row.get("text", row.get("content")), row.get("title")
    if isinstance(title, str) and "text" not in row:
        text = of_post(title, text if isinstance(text, str) else "")
    if not isinstance(text, str):
        return Line(name, error="no text")
    return Line(name, text) if text.strip() else Line(name, error=EMPTY)


def count(source: Path) -> int:
    """Lines of a file.

    Raises:
        InputError: it cannot be read.
    """
    return sum(1 for _ in _lines(source))


def resume(source: Path, target: Path, version: str) -> int:
    """Whole lines of ``target``; what a killed process wrote of one more is cut off.

    Raises:
        InputError: ``target`` is not the beginning of the answers of this version to ``source``.
    """
    if not target.exists():
        return 0
    data = target.read_bytes()
    whole = data.rfind(b"\n") + 1
    lines = data[:whole].splitlines()
    if lines:
        expected = next(itertools.islice(read(source), len(lines) - 1, None), None)
        try:
            last = orjson.loads(lines[-1])
        except orjson.JSONDecodeError:
            last = None
        if not isinstance(last, dict) or expected is None or last.get("id") != expected.id:
            raise InputError(f"{target} does not hold answers to {source}: move it away")
        if last.get("model_version") != version:
            raise InputError(
                f"{target} was begun with version {last.get('model_version')!r}, not {version!r}: "
                "move it away, or give that model"
            )
    with target.open("r+b") as file:
        file.truncate(whole)
    return len(lines)


def score(source: Path, target: Path, inference: Inference, report: Report) -> Done:
    """
    Raises:
        InputError: a file cannot be used.
        StoppedError: stopped on request; what is written stays.
    """
    served = inference.live.current
    if served is None:
        raise InputError("no model is loaded")
    begun = resume(source, target, served.version)
    report(begun)
    lines = itertools.islice(read(source), begun, None)
    written, errors = begun, 0
    with target.open("ab") as file:
        for window, answer in _answered(lines, inference):
            file.write(b"".join(_written(window, answer, served.version)))
            file.flush()
            written += len(window)
            errors += sum(line.error is not None for line in window)
            errors += sum(answer.empty) if answer else 0
            report(len(window))
            if stop.requested():
                raise StoppedError(f"{written} lines are in {target}: run again to go on")
    return Done(written, begun, errors)


def _answered(
    lines: Iterable[Line], inference: Inference
) -> Iterator[tuple[list[Line], Answer | None]]:
    """Windows of lines in order, each with the answer to its texts; None when it has none."""
    under_way: deque[tuple[list[Line], Future[Answer] | None]] = deque()
    rest = iter(lines)
    while True:
        while len(under_way) < AHEAD and (window := list(itertools.islice(rest, WINDOW))):
            texts = [line.text for line in window if line.error is None]
            under_way.append((window, inference.submit(texts, wait=True) if texts else None))
        if not under_way:
            return
        window, future = under_way.popleft()
        yield window, future.result() if future else None


def _written(window: list[Line], answer: Answer | None, version: str) -> Iterator[bytes]:
    found = iter(_found(answer) if answer else ())
    for line in window:
        values = {"error": line.error} if line.error else next(found)
        row = {"id": line.id, "model_version": version, **values}
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _found(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"error": EMPTY} if empty else result
        for result, empty in zip(results(answer), answer.empty, strict=True)
    ]
