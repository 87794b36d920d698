"""The smallest steps of F1 and of average precision."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from mlproject.packaging import worth

LABELS = np.array([1] * 10 + [0] * 90)


@pytest.mark.parametrize("positive", [1, None])
def test_a_text_is_worth_the_most_that_one_can_cost(positive: int | None) -> None:
    chosen = LABELS.copy()
    chosen[[9, 10, 11]] = 0, 1, 1

    def f1(found: np.ndarray) -> float:
        average = "macro" if positive is None else "binary"
        return float(f1_score(LABELS, found, average=average))

    dearest = 0.0
    for row in np.flatnonzero(chosen == LABELS).tolist():
        other = chosen.copy()
        other[row] = 1 - other[row]
        dearest = max(dearest, f1(chosen) - f1(other))
    assert worth.of_text(LABELS, chosen, 2, positive) == pytest.approx(dearest)


def test_a_swap_is_worth_the_most_that_two_neighbours_can_cost() -> None:
    draw = np.random.default_rng(0)
    scores = draw.permutation(np.linspace(0, 1, 100)) + 0.3 * LABELS
    order = np.argsort(-scores)
    dearest = 0.0
    for first, second in itertools.pairwise(order):
        other = scores.copy()
        other[[first, second]] = scores[[second, first]]
        lost = average_precision_score(LABELS, scores) - average_precision_score(LABELS, other)
        dearest = max(dearest, float(lost))
    both = np.stack([1 - scores, scores], axis=1).astype(np.float32)
    assert worth.of_swap(LABELS, both, 1) == pytest.approx(dearest)


def test_a_slice_of_one_label_has_no_swaps() -> None:
    both = np.full((5, 2), 0.5, np.float32)
    assert worth.of_swap(np.ones(5, np.int64), both, 1) == 0
