"""Which texts are worked on together."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Texts side by side, each padded to the longest."""

    rows: Tensor  # (B,) int64 on the device: which texts
    length: int  # tokens of the longest


@dataclass(frozen=True)
class Packed:
    """Texts end to end, the shortest first; N tokens in all. Tensors are on the device."""

    rows: Tensor  # (B,) int64: which texts
    ids: Tensor  # (N,) int64
    positions: Tensor  # (N,) int64, of each token in its text
    bounds: Tensor  # (B + 1,) int32: text i is ids[bounds[i] : bounds[i + 1]]
    lengths: np.ndarray  # (B,) int64 on the host
    longest: int  # tokens, at least those of the longest text


def count(rows: int, size: int) -> int:
    return -(-rows // size)


def shuffled(texts: int, size: int, seed: int, epoch: int, skip: int = 0) -> Iterator[np.ndarray]:
    """Batches of one epoch, (size,) int64 each, in an order that ``seed`` and ``epoch`` decide.

    The first ``skip`` batches are left out.
    """
    order = np.random.default_rng([seed, epoch]).permutation(texts)
    for start in range(skip * size, texts, size):
        yield order[start : start + size]


def within(rows: np.ndarray, lengths: np.ndarray, tokens: int) -> Iterator[np.ndarray]:
    """``rows`` in parts of at most so many tokens, or of one text; texts of a length together."""
    order = rows[np.argsort(lengths[rows], kind="stable")]
    start, total = 0, 0
    for place, row in enumerate(order.tolist()):
        total += int(lengths[row])
        if total > tokens and place > start:
            yield order[start:place]
            start, total = place, int(lengths[row])
    yield order[start:]


def by_length(
    lengths: np.ndarray, size: int, device: torch.device
) -> tuple[Iterator[Batch], np.ndarray]:
    """All texts sorted by length, and that order (texts,) as positions in ``lengths``."""
    order = np.argsort(lengths, kind="stable")
    return _cut(order, lengths, size, device), order


def _cut(
    order: np.ndarray, lengths: np.ndarray, size: int, device: torch.device
) -> Iterator[Batch]:
    on_device = torch.from_numpy(order).to(device)
    for start in range(0, len(order), size):
        longest = int(lengths[order[start : start + size]].max())
        yield Batch(on_device[start : start + size], longest)
