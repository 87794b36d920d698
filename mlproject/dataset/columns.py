"""All candidates of a data set: texts and what is decided on in files, nothing a row in memory."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from mlproject.dataset import parts
from mlproject.dataset.lengths import ending
from mlproject.dataset.row import Candidate, Kind
from mlproject.dataset.text import key_of_name, keys

BUFFER = 1 << 20
AT_ONCE = 512  # rows written together
REVIEWED = int(Kind.REVIEWED)  # a flag is much slower to look at than a number
HELD = 50_000  # rows whose columns are held until they are written
TYPES = {"keys": "q", "groups": "q", "labels": "B", "kinds": "B", "sources": "H", "lengths": "i",
         "endings": "B"}  # of ``array``  # fmt: skip


class Columns:
    """Row i is line i of ``path``: the beginning of a JSON object, up to its split and group.

    Each column is read from its file whenever it is asked for: keep it no longer than needed.
    """

    def __init__(self, path: Path, labels: Iterable[str]) -> None:
        self.path = path
        self.label_names = list(labels)
        self.source_names: list[str] = []
        self._rows = 0
        self._created: dict[int, int] = {}

    def fill(self, candidates: Iterable[Candidate]) -> None:
        """Write the texts to the file and note what is decided on."""
        labels = {name: number for number, name in enumerate(self.label_names)}
        sources: dict[str, int] = {}
        authors: dict[str, int] = {}
        held = {name: array(code) for name, code in TYPES.items()}
        candidates = iter(candidates)
        with self.path.open("wb", BUFFER) as file:
            while rows := list(islice(candidates, AT_ONCE)):
                texts = [row.text for row in rows]
                known = keys(texts)
                held["keys"].extend(known)
                held["groups"].extend(
                    _author(authors, row.author) if row.author else text_key
                    for row, text_key in zip(rows, known, strict=True)
                )
                held["labels"].extend(labels[row.label] for row in rows)
                held["kinds"].extend(row.kind for row in rows)
                held["sources"].extend(sources.setdefault(row.source, len(sources)) for row in rows)
                held["lengths"].extend(map(len, texts))
                held["endings"].extend(map(ending, texts))
                self._note_created(rows)
                file.write(b"".join(map(_line, rows)))
                self._rows += len(rows)
                if len(held["keys"]) >= HELD:
                    self._write(held)
        self._write(held)
        self.source_names = list(sources)

    def _note_created(self, rows: list[Candidate]) -> None:
        for number, row in enumerate(rows, self._rows):
            if row.created is not None:
                self._created[number] = int(row.created.timestamp())

    def _write(self, held: dict[str, "array[int]"]) -> None:
        for name, values in held.items():
            with self._file(name).open("ab") as file:
                values.tofile(file)
            del values[:]

    def _read(self, name: str) -> NDArray[Any]:
        file = self._file(name)
        return np.fromfile(file, TYPES[name]) if self._rows else np.empty(0, TYPES[name])

    def _file(self, name: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{name}")

    def __len__(self) -> int:
        return self._rows

    @property
    def keys(self) -> NDArray[np.int64]:
        return self._read("keys")

    def keys_of(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The keys of the rows of a mask; those of the others are never all in memory."""
        found = np.empty(np.count_nonzero(rows), np.int64)
        end = 0
        with self._file("keys").open("rb") as file:
            for block in parts.blocks(len(self)):
                keys = np.fromfile(file, np.int64, block.stop - block.start)[rows[block]]
                begin, end = end, end + len(keys)
                found[begin:end] = keys
        return found

    @property
    def groups(self) -> NDArray[np.int64]:
        """The author, or where nobody knows, the text."""
        return self._read("groups")

    @property
    def labels(self) -> NDArray[np.uint8]:
        return self._read("labels")

    @property
    def kinds(self) -> NDArray[np.uint8]:
        return self._read("kinds")

    @property
    def sources(self) -> NDArray[np.uint16]:
        return self._read("sources")

    @property
    def lengths(self) -> NDArray[np.int32]:
        return self._read("lengths")

    @property
    def endings(self) -> NDArray[np.uint8]:
        """``lengths.ending`` of the text."""
        return self._read("endings")

    @property
    def created(self) -> NDArray[np.int64]:
        """Seconds; 0 where nobody has reviewed the row."""
        seconds = np.zeros(len(self), np.int64)
        if self._created:
            seconds[list(self._created)] = list(self._created.values())
        return seconds

    def texts(self, rows: NDArray[np.bool_]) -> Iterator[tuple[int, str]]:
        """Number and text of the rows of a mask, in order."""
        for number, line in self.lines(rows):
            yield number, orjson.loads(line + b"}")["text"]

    def lines(self, rows: NDArray[np.bool_]) -> Iterator[tuple[int, bytes]]:
        """Number and unfinished JSON object of the rows of a mask, in order."""
        file: BinaryIO
        with self.path.open("rb", BUFFER) as file:
            for number, (wanted, line) in enumerate(zip(rows.tobytes(), file, strict=True)):
                if wanted:
                    yield number, line[:-1]


def _line(row: Candidate) -> bytes:
    line = orjson.dumps({"id": row.id, "text": row.text, "source": row.source})
    return b'%b,"reviewed":true\n' % line[:-1] if int(row.kind) & REVIEWED else line[:-1] + b"\n"


def _author(known: dict[str, int], name: str) -> int:
    """Hashing is most of the work for a short text: remember some."""
    if len(known) > 10_000:
        known.clear()
    found = known.get(name)
    if found is None:
        found = known[name] = key_of_name(f"author {name}")
    return found
