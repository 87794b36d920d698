"""Near-duplicates: MinHash signatures on disk, candidates by bands, clusters by union-find.

Memory does not grow with the texts: signatures lie in files, one band is looked at at a time.
"""

import os
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from mlproject.dataset import parts
from mlproject.dataset.ngrams import hashed

BANDS, ROWS = 16, 6  # two texts with similarity 0.8 meet in a band with probability 0.99
PERMUTATIONS = BANDS * ROWS
SEED = 7
BATCH = 2_000  # texts hashed at a time
READ = 2_000  # characters of a text that are compared
PAIRS = 10_000  # signatures compared at a time
_PRIME = np.uint64(0x100000001B3)


class Clusters:
    """Union-find over row numbers; the root of a cluster is its first row."""

    def __init__(self, size: int) -> None:
        self._parents = array("i", range(size))

    def root(self, row: int) -> int:
        parents = self._parents
        while parents[row] != row:
            parents[row] = row = parents[parents[row]]
        return row

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        self._parents[max(one, other)] = min(one, other)

    def roots(self) -> NDArray[np.int32]:
        """The root of every row."""
        parents = np.frombuffer(self._parents, np.int32).copy()
        while True:
            above = parents[parents]
            if np.array_equal(above, parents):
                return parents
            parents = above


def cluster(
    texts: Iterable[tuple[int, str]], size: int, similarity: float, folder: Path
) -> NDArray[np.int32]:
    """The first row of the cluster of every row.

    Args:
        texts: row numbers, ascending, with their texts; other rows stay alone.
        size: how many rows there are.
        similarity: Jaccard similarity of the sets of 3-grams, estimated, from which two are near.
        folder: where the signatures lie meanwhile.
    """
    rows = _sign(texts, folder)
    clusters = Clusters(size)
    for band in range(BANDS):
        roots = clusters.roots()
        for ones, others in _pairs(folder / f"band{band}"):
            new = roots[rows[ones]] != roots[rows[others]]
            for one, other in _alike(ones[new], others[new], folder / "signatures", similarity):
                clusters.join(int(rows[one]), int(rows[other]))
    return clusters.roots()


def _sign(texts: Iterable[tuple[int, str]], folder: Path) -> NDArray[np.int32]:
    """Write signatures and bands; returns the row number of each signature."""
    numbers = array("i")
    texts = iter(texts)
    with ExitStack() as files:
        signatures = files.enter_context((folder / "signatures").open("wb"))
        bands = [files.enter_context((folder / f"band{band}").open("wb")) for band in range(BANDS)]
        while batch := list(islice(texts, BATCH)):
            numbers.extend(number for number, _ in batch)
            matrix = signatures_of([text for _, text in batch])
            signatures.write(matrix.astype(np.uint16).tobytes())
            for band, file in enumerate(bands):
                file.write(_band(matrix[:, band * ROWS : (band + 1) * ROWS]).tobytes())
    return np.array(numbers, np.int32)


def signatures_of(texts: list[str]) -> NDArray[np.uint32]:
    """MinHash of the 3-grams of each text, blind to case and white space: (texts, 96)."""
    folded = ["".join(text[:READ].casefold().split()) for text in texts]
    hashes, offsets = hashed(folded)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, offsets.astype(np.uint64), PERMUTATIONS, SEED
    )
    return np.array(matrix.to_rows(), np.uint32)


def _band(part: NDArray[np.uint32]) -> NDArray[np.uint64]:
    key = np.zeros(len(part), np.uint64)
    for column in range(part.shape[1]):
        key = (key ^ part[:, column]) * _PRIME
        key ^= key >> np.uint64(27)
    return key


def _pairs(file: Path) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Positions that share a band: each with the first and with the one before it."""
    keys = np.fromfile(file, np.uint64)
    for rows in parts.of(keys):
        order = rows[np.argsort(keys[rows], kind="stable")]
        new = np.concatenate(([True], keys[order[1:]] != keys[order[:-1]]))[: len(order)]
        same = np.flatnonzero(~new)
        starts = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
        first = starts[same]
        far = first != same - 1
        ones = np.concatenate((order[same - 1], order[first[far]]))
        yield ones, np.concatenate((order[same], order[same[far]]))


def _alike(
    ones: NDArray[np.int32], others: NDArray[np.int32], file: Path, similarity: float
) -> Iterator[tuple[int, int]]:
    with file.open("rb") as signatures:
        for begin in range(0, len(ones), PAIRS):
            one, other = ones[begin : begin + PAIRS], others[begin : begin + PAIRS]
            equal = (_read(signatures, one) == _read(signatures, other)).mean(axis=1)
            near = equal >= similarity
            yield from zip(one[near].tolist(), other[near].tolist(), strict=True)


def _read(signatures: BinaryIO, positions: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Read, not mapped: the pages of a mapped file would count as this process's memory."""
    size, number = 2 * PERMUTATIONS, signatures.fileno()
    data = b"".join(os.pread(number, size, size * place) for place in positions.tolist())
    return np.frombuffer(data, np.uint16).reshape(-1, PERMUTATIONS)
