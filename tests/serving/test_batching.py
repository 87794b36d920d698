"""What runs together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlproject.serving.batching import Queue

LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=60)


def filled(lengths: list[int]) -> Queue[int]:
    queue: Queue[int] = Queue()
    for number, length in enumerate(lengths):
        queue.add(0, length, number)
    return queue


@pytest.mark.parametrize(
    ("lengths", "budget", "taken"),
    [
        ([50, 7, 48, 200, 51], 160, {0, 2, 4}),  # the oldest and those nearest to its length
        ([10, 300], 100, {0}),  # one that does not fit stays
        ([300, 10], 100, {0}),  # the oldest is always taken, however long
        ([5, 5, 5, 5], 15, {0, 1, 2}),
        ([20, 5, 60], 60, {0, 1}),  # padding of a short one costs less than being padded
    ],
)
def test_the_oldest_and_its_neighbours(lengths: list[int], budget: int, taken: set[int]) -> None:
    assert set(filled(lengths).take(budget)) == taken


@given(LENGTHS, st.integers(1, 600))
def test_a_batch_keeps_to_the_budget_and_holds_the_oldest(lengths: list[int], budget: int) -> None:
    queue = filled(lengths)
    waiting = set(range(len(lengths)))
    while batch := queue.take(budget):
        assert min(waiting) in batch
        widths = [lengths[number] for number in batch]
        assert widths == sorted(widths)
        assert len(batch) == 1 or len(batch) * max(widths) <= budget
        waiting -= set(batch)
        assert queue.tokens == sum(lengths[number] for number in waiting)
        assert len(queue) == len(waiting)
    assert not waiting


def test_versions_are_never_mixed_and_the_oldest_goes_first() -> None:
    queue: Queue[str] = Queue()
    for key, item in ((1, "old"), (2, "new"), (1, "old too"), (2, "new too")):
        queue.add(key, 10, item)
    assert queue.take(100) == ["old", "old too"]
    assert queue.take(100) == ["new", "new too"]
    assert queue.take(100) == []
