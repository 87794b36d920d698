"""What the smallest step that a slice of texts knows is worth to a metric. Pure."""

import numpy as np
from numpy.typing import NDArray

from mlproject.evaluation.metrics import confusion

Labels = NDArray[np.int64]  # (N,)


def of_text(labels: Labels, chosen: Labels, size: int, positive: int | None) -> float:
    """Most that F1 loses when one text that is right gets another of ``size`` labels."""
    table = np.array(confusion(labels, chosen, size))
    whole = _f1(table, positive)
    lost = 0.0
    for right in np.flatnonzero(np.diagonal(table)).tolist():
        for wrong in range(size):
            if wrong != right:
                other = table.copy()
                other[right, right] -= 1
                other[right, wrong] += 1
                lost = max(lost, whole - _f1(other, positive))
    return lost


def _f1(table: NDArray[np.int64], positive: int | None) -> float:
    """As ``metrics.compute`` has it, from rows of each label (first) by label given."""
    both = table.sum(axis=0) + table.sum(axis=1)
    scores = 2 * np.diagonal(table) / np.maximum(both, 1)
    return float(scores[both > 0].mean() if positive is None else scores[positive])


def of_swap(labels: Labels, probabilities: NDArray[np.float32], positive: int | None) -> float:
    """Most that average precision loses when a wanted text changes places with the next one."""
    wanted = range(probabilities.shape[1]) if positive is None else [positive]
    there = [label for label in wanted if 0 < (labels == label).sum() < len(labels)]
    swaps = [_swap(labels == label, probabilities[:, label]) for label in there]
    return max(swaps, default=0.0) / max(len(there), 1)


def _swap(true: NDArray[np.bool_], scores: NDArray[np.float32]) -> float:
    """A wanted text at rank r, the k-th of P, adds k / r / P; behind the next, k / (r + 1) / P."""
    ranked = true[np.argsort(-scores, kind="stable")]
    hits, ranks = np.cumsum(ranked), np.arange(1, len(ranked) + 1)
    lost = hits / (ranks * (ranks + 1)) / hits[-1]
    neighbours = ranked[:-1] & ~ranked[1:]
    return float(lost[:-1][neighbours].max(initial=0.0))
