"""Which of the waiting texts run together: by a budget of tokens, with no timer.

The oldest text is always taken, and with it the texts whose lengths are nearest to its own, as
many as the budget holds when all are padded to the longest. Nothing waits for company, nothing is
overtaken for ever, and little is padded.
"""

from bisect import bisect_left, insort
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Lane(Generic[Item]):
    """Waiting items that may run together."""

    def __init__(self) -> None:
        self._sorted: list[tuple[int, int]] = []  # (length, number), rising
        self._items: dict[int, Item] = {}  # number -> item, those that wait
        self._order: deque[tuple[int, int]] = deque()  # (number, length), oldest first
        self.tokens = 0

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, number: int, length: int, item: Item) -> None:
        insort(self._sorted, (length, number))
        self._items[number] = item
        self._order.append((number, length))
        self.tokens += length

    def oldest(self) -> tuple[int, int]:
        """Number and length of the oldest item that waits; there must be one."""
        while self._order[0][0] not in self._items:
            self._order.popleft()
        return self._order[0]

    def take(self, budget: int) -> list[Item]:
        """The oldest item and its neighbours in length, by rising length."""
        number, length = self.oldest()
        first = bisect_left(self._sorted, (length, number))
        end = first + 1  # of the slice that is taken
        width = length
        while True:
            count = end - first + 1  # with one more
            shorter = first > 0 and count * width <= budget
            longer = end < len(self._sorted) and count * self._sorted[end][0] <= budget
            if not shorter and not longer:
                break
            if shorter and longer:
                less = width - self._sorted[first - 1][0]
                longer = (self._sorted[end][0] - width) * (count - 1) < less
            if longer:
                width = self._sorted[end][0]
                end += 1
            else:
                first -= 1
        taken = self._sorted[first:end]
        del self._sorted[first:end]
        self.tokens -= sum(length for length, _ in taken)
        return [self._items.pop(number) for _, number in taken]


class Queue(Generic[Item]):
    """Lanes by key; a batch never mixes keys. Not safe for threads: the caller locks."""

    def __init__(self) -> None:
        self._lanes: dict[int, Lane[Item]] = {}
        self._numbers = 0

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())

    @property
    def tokens(self) -> int:
        return sum(lane.tokens for lane in self._lanes.values())

    def add(self, key: int, length: int, item: Item) -> None:
        self._numbers += 1
        self._lanes.setdefault(key, Lane()).add(self._numbers, length, item)

    def take(self, budget: int) -> list[Item]:
        """The batch that the oldest item of all is in; empty when nothing waits."""
        if not self._lanes:
            return []
        key = min(self._lanes, key=lambda key: self._lanes[key].oldest()[0])
        taken = self._lanes[key].take(budget)
        if not self._lanes[key]:
            del self._lanes[key]
        return taken
