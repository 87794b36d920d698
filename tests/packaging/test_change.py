"""What a slice may lose: 0.3 points, or its smallest step where that alone is more."""

import numpy as np
import pytest

from mlproject.dataset.read import Example
from mlproject.evaluation.slices import Slice
from mlproject.packaging.change import Change, Judge, allowances
from mlproject.packaging.options import Conversion
from mlproject.packaging.parity import Probability

JUDGE = Judge(1, 0.5, Conversion())


def part(labels: np.ndarray) -> Slice:
    rows = tuple(Example(f"r{at}", f"t{at}", int(label), "s") for at, label in enumerate(labels))
    return Slice("test", "test", rows, tuple(row.text for row in rows))


def both(positive: np.ndarray) -> Probability:
    return np.stack([1 - positive, positive], axis=1).astype(np.float32)


def changes(labels: np.ndarray, exact: np.ndarray, found: np.ndarray) -> dict[str, Change]:
    return {each.metric: each for each in JUDGE.changes(part(labels), both(exact), both(found))}


def test_texts_that_became_right_do_not_pay_for_those_that_became_wrong() -> None:
    labels = np.array([1] * 10 + [0] * 990)
    exact, found = np.where(np.arange(1000) < 15, 0.9, 0.1), np.full(1000, 0.1)
    found[:5] = 0.9
    f1 = changes(labels, exact, found)["f1"]
    assert f1.points == pytest.approx(0.8 - 2 / 3)
    assert f1.allowed == 0.003
    assert f1.beyond


def test_one_text_of_a_small_slice_may_become_wrong_and_no_more_than_its_worth_is_lost() -> None:
    labels = np.array([1] * 10 + [0] * 90)
    exact = np.where(labels == 1, 0.9, 0.1)
    found = exact.copy()
    found[0] = 0.4
    one = changes(labels, exact, found)["f1"]
    assert one.allowed == pytest.approx(one.points) == pytest.approx(1 - 18 / 19)
    found[1] = 0.4
    assert changes(labels, exact, found)["f1"].beyond


def test_on_a_large_slice_nothing_more_may_go_even_by_one_text() -> None:
    labels = np.array([1] * 1000 + [0] * 1000)
    exact = np.where(labels == 1, 0.9, 0.1)
    assert changes(labels, exact, exact)["f1"].allowed == 0.003


def test_average_precision_may_lose_one_swap_where_that_is_more() -> None:
    labels = np.array([1, 0] * 5 + [0] * 90)
    exact = np.linspace(0.9, 0.1, 100)
    swapped = exact.copy()
    swapped[[0, 1]] = exact[[1, 0]]
    once = changes(labels, exact, swapped)["average_precision"]
    assert once.points == pytest.approx(0.1)
    assert not once.beyond
    swapped[[2, 3]] = exact[[3, 2]]
    assert changes(labels, exact, swapped)["average_precision"].beyond


def test_few_wanted_texts_that_are_all_on_top_may_not_lose_one_of_them() -> None:
    labels = np.array([1] * 20 + [0] * 180)
    exact = np.where(labels == 1, 0.9, 0.1) - np.arange(200) / 10_000
    found = exact.copy()
    found[0] = 0.0  # the last of all: 1 of 20 would have been let off
    change = changes(labels, exact, found)["average_precision"]
    assert change.points > 0.04
    assert change.beyond


def test_slices_that_used_an_allowance_are_listed() -> None:
    found = [
        Change("f1", "large", 0.002, 0.003),
        Change("f1", "small", 0.02, 0.05),
        Change("f1", "worse", 0.2, 0.003),
    ]
    (used,) = allowances(found, 0.003)
    assert (used.metric, used.slice, used.points, used.allowed) == ("f1", "small", 0.02, 0.05)
