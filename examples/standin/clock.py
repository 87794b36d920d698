"""Virtual time, which passes only where somebody sleeps: hours of crawling in seconds."""

from typing import Protocol


class Cell(Protocol):
    """Where the time is kept; processes may share it."""

    @property
    def value(self) -> float:
        """Epoch seconds."""

    def move_to(self, value: float) -> None:
        """Move the time on; nothing where it is later already."""


class Local:
    def __init__(self, value: float) -> None:
        self.value = value

    def move_to(self, value: float) -> None:
        self.value = max(self.value, value)


class VirtualClock:
    """Epoch seconds. Whoever sleeps moves the time on.

    Those who sleep at the same time sleep side by side: a sleep begins when its process last
    looked at the clock, and ends at once where others have moved the time beyond its end.
    """

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._seen = cell.value

    @classmethod
    def at(cls, time: float) -> "VirtualClock":
        return cls(Local(time))

    def now(self) -> float:
        self._seen = self._cell.value
        return self._seen

    def sleep(self, seconds: float) -> None:
        self._seen += max(0.0, seconds)
        self._cell.move_to(self._seen)
