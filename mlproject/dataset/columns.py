"""All candidates of a data set: texts in a file, 25 bytes a row in memory."""

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from mlproject.dataset.lengths import ending
from mlproject.dataset.row import Candidate, Kind
from mlproject.dataset.text import key, key_of_name

BUFFER = 1 << 20


class Columns:
    """Row i is line i of ``path``: the beginning of a JSON object, up to its split and group."""

    def __init__(self, path: Path, labels: Iterable[str]) -> None:
        self.path = path
        self.label_names = list(labels)
        self.source_names: list[str] = []
        self._keys, self._groups = array("q"), array("q")
        self._labels, self._kinds = array("B"), array("B")
        self._sources, self._lengths = array("H"), array("i")
        self._endings = array("B")
        self._created: dict[int, int] = {}

    def fill(self, candidates: Iterable[Candidate]) -> None:
        """Write the texts to the file and note what is decided on."""
        labels = {name: number for number, name in enumerate(self.label_names)}
        sources: dict[str, int] = {}
        authors: dict[str, int] = {}
        with self.path.open("wb", BUFFER) as file:
            for row in candidates:
                text_key = key(row.text)
                self._keys.append(text_key)
                self._groups.append(_author(authors, row.author) if row.author else text_key)
                self._labels.append(labels[row.label])
                self._kinds.append(int(row.kind))
                self._sources.append(sources.setdefault(row.source, len(sources)))
                self._lengths.append(len(row.text))
                self._endings.append(ending(row.text))
                if row.created is not None:
                    self._created[len(self._keys) - 1] = int(row.created.timestamp())
                line = orjson.dumps({"id": row.id, "text": row.text, "source": row.source})
                reviewed = b',"reviewed":true' if row.kind & Kind.REVIEWED else b""
                file.write(line[:-1] + reviewed + b"\n")
        self.source_names = list(sources)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> NDArray[np.int64]:
        return np.frombuffer(self._keys, np.int64)

    @property
    def groups(self) -> NDArray[np.int64]:
        """The author, or where nobody knows, the text."""
        return np.frombuffer(self._groups, np.int64)

    @property
    def labels(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._labels, np.uint8)

    @property
    def kinds(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._kinds, np.uint8)

    @property
    def sources(self) -> NDArray[np.uint16]:
        return np.frombuffer(self._sources, np.uint16)

    @property
    def lengths(self) -> NDArray[np.int32]:
        return np.frombuffer(self._lengths, np.int32)

    @property
    def endings(self) -> NDArray[np.uint8]:
        """``lengths.ending`` of the text."""
        return np.frombuffer(self._endings, np.uint8)

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


def _author(known: dict[str, int], name: str) -> int:
    """Hashing is most of the work for a short text: remember some."""
    if len(known) > 10_000:
        known.clear()
    found = known.get(name)
    if found is None:
        found = known[name] = key_of_name(f"author {name}")
    return found
