"""Character n-grams of many texts at once, as 64-bit hashes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)


def hashed(
    texts: Sequence[str], sizes: Sequence[int] = (3,)
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of the n-grams of each text, sizes from 1 to 4.

    Each text counts as if one blank stood before and behind it, so that one of a single character
    has n-grams too.

    Returns:
        The hashes (n,) in the order of the texts, and offsets (texts + 1,): those of text i are
        ``hashes[offsets[i]:offsets[i + 1]]``.
    """
    joined = " " + " ".join(text.replace("\n", " ") for text in texts) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    sizes_of_texts = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    begins = np.concatenate(([0], np.cumsum(sizes_of_texts + 1)))  # of the blank before each text
    # Position p belongs to the text whose blank or character it is; the last blank to none.
    owners = np.repeat(np.arange(len(texts), dtype=np.int32), sizes_of_texts + 1)
    parts, owned = [], []
    for size in sizes:
        values = np.zeros(max(len(codes) - size + 1, 0), np.uint64)
        for shift in range(size):
            values += codes[shift : len(codes) - size + 1 + shift] * np.uint64(_MIX[shift])
        values ^= values >> np.uint64(29)
        values *= np.uint64(_MIX[size - 1])
        values ^= values >> np.uint64(32)
        inside = owners[: len(values)]
        last = begins[1:][inside] - size + 1  # the last position that ends with the text's blank
        kept = np.arange(len(inside)) <= last
        parts.append(values[: len(inside)][kept])
        owned.append(inside[kept])
    if len(sizes) == 1:
        hashes, belongs = parts[0], owned[0]
    else:
        belongs = np.concatenate(owned)
        order = np.argsort(belongs, kind="stable")
        hashes, belongs = np.concatenate(parts)[order], belongs[order]
    numbers = np.bincount(belongs, minlength=len(texts))
    return hashes, np.concatenate(([0], np.cumsum(numbers))).astype(np.int64)
