"""A crawl in a process of its own that shares the virtual time of the test."""

import fcntl
import multiprocessing
import tempfile
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from examples.standin.clock import VirtualClock
from mlproject.errors import TryLaterError
from mlproject.settings import Settings
from mlproject.source.crawl import Order, crawl
from mlproject.store.connection import connect

from .world import START


class SharedCell:
    """The time of several processes, any of which may be killed.

    Moved under a lock that the kernel takes back from a killed process: without one, a process
    could set the time back to when another read it.
    """

    def __init__(self, value: Any, lock: str) -> None:
        self._value, self._lock = value, lock

    @property
    def value(self) -> float:
        return float(self._value.value)

    def move_to(self, value: float) -> None:
        with Path(self._lock).open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._value.value = max(self._value.value, value)


def run(order: Order, settings: Settings, cell: SharedCell, results: Any) -> None:
    """Crawl until nothing is left; what the results tell goes to ``results`` as counts."""
    clock = VirtualClock(cell)
    while True:
        try:
            with connect(settings) as connection:
                outcome = crawl(order, connection, settings, clock)
        except TryLaterError as error:
            clock.sleep(error.after if error.after is not None else 60)
            continue
        counts = (outcome.topics_new, outcome.topics_changed, outcome.topics_gone)
        results.put((order.mode, *counts))
        if outcome.done:
            return


class Workers:
    """Starts crawls from a process that has everything imported: a start takes milliseconds."""

    def __init__(self) -> None:
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self._lock = tempfile.NamedTemporaryFile(prefix="clock-")  # noqa: SIM115  as long as this
        time = self._context.Value("d", START, lock=False)
        self.cell = SharedCell(time, self._lock.name)
        self.clock = VirtualClock(self.cell)
        self._results: Any = self._context.SimpleQueue()

    def start(self, order: Order, settings: Settings) -> ForkServerProcess:
        process = self._context.Process(
            target=run, args=(order, settings, self.cell, self._results)
        )
        process.start()
        return process

    def told(self) -> list[tuple[str, int]]:
        """Mode and new topics of the results since the last call."""
        return [(mode, new) for mode, new, _, _ in self._told()]

    def sums(self) -> tuple[int, int, int]:
        """New, changed and gone topics that the results since the last call tell."""
        told = self._told()
        return (
            sum(new for _, new, _, _ in told),
            sum(changed for _, _, changed, _ in told),
            sum(gone for _, _, _, gone in told),
        )

    def _told(self) -> list[tuple[str, int, int, int]]:
        found = []
        while not self._results.empty():
            found.append(self._results.get())
        return found
