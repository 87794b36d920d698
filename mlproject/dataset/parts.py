"""Arrays a part at a time, so that what is worked out about them stays small."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

PARTS = 16  # by the first four bits of a hash
BLOCK = 1 << 16  # rows


def of(keys: NDArray[np.int64] | NDArray[np.uint64]) -> Iterator[NDArray[np.int32]]:
    """Row numbers, ascending, in parts; rows with the same key are in the same part."""
    first = np.ascontiguousarray(keys).view(np.uint8)[7::8] >> 4  # little-endian
    for part in range(PARTS):
        yield np.flatnonzero(first == part).astype(np.int32)


def blocks(size: int) -> Iterator[slice]:
    """Row numbers one block after the other."""
    for begin in range(0, size, BLOCK):
        yield slice(begin, min(begin + BLOCK, size))
