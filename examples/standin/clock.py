"""Virtual time, which passes only where somebody sleeps: hours of crawling in seconds."""

from typing import Protocol


class Cell(Protocol):
    """Where the time is kept; a ``multiprocessing.Value("d")`` shares it among processes."""

    value: float


class Local:
    def __init__(self, value: float) -> None:
        self.value = value


class VirtualClock:
    """Epoch seconds. Whoever sleeps moves the time on."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    @classmethod
    def at(cls, time: float) -> "VirtualClock":
        return cls(Local(time))

    def now(self) -> float:
        return self._cell.value

    def sleep(self, seconds: float) -> None:
        self._cell.value += max(0.0, seconds)
