"""Batches of texts of about the same length, so that little is padded."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

BUCKET = 64  # batches that are sorted by length together


@dataclass(frozen=True)
class Batch:
    rows: Tensor  # (B,) int64 on the device: which texts
    length: int  # tokens of the longest


def count(rows: int, size: int) -> int:
    return -(-rows // size)


def shuffled(
    lengths: np.ndarray, size: int, seed: int, epoch: int, device: torch.device, skip: int = 0
) -> Iterator[Batch]:
    """Batches of one epoch in an order that depends on ``seed`` and ``epoch`` alone.

    Shuffled, cut into buckets, sorted by length within each, and the batches shuffled again; the
    first ``skip`` batches are left out.
    """
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(lengths))
    for start in range(0, len(order), BUCKET * size):
        bucket = order[start : start + BUCKET * size]
        order[start : start + len(bucket)] = bucket[np.argsort(lengths[bucket], kind="stable")]
    starts = generator.permutation(count(len(order), size))[skip:] * size
    yield from _cut(order, starts, lengths, size, device)


def by_length(
    lengths: np.ndarray, size: int, device: torch.device
) -> tuple[Iterator[Batch], np.ndarray]:
    """All texts sorted by length, and that order (texts,) as positions in ``lengths``."""
    order = np.argsort(lengths, kind="stable")
    starts = np.arange(0, len(order), size)
    return _cut(order, starts, lengths, size, device), order


def _cut(
    order: np.ndarray, starts: np.ndarray, lengths: np.ndarray, size: int, device: torch.device
) -> Iterator[Batch]:
    on_device = torch.from_numpy(order).to(device)
    for start in starts.tolist():
        longest = int(lengths[order[start : start + size]].max())
        yield Batch(on_device[start : start + size], longest)
