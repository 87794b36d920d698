"""How far a training is: a bar in a terminal, a line now and then elsewhere."""

import logging
import sys
import time
from types import TracebackType
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

log = logging.getLogger(__name__)
INTERVAL = 10.0  # seconds between two lines


class Progress:
    """Counts texts, or another ``unit``, over the whole training; ``with`` closes the bar."""

    def __init__(self, total: int, done: int = 0, quiet: bool = False, unit: str = "text") -> None:
        self.total, self.unit = total, unit
        self.done = done
        self._first = done
        self._started = self._shown = time.monotonic()
        self._bar: Any = None
        if sys.stderr.isatty() and not quiet:
            self._bar = tqdm(total=total, initial=done, unit=unit, smoothing=0.1)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, number: int, epoch: int) -> None:
        self.done += number
        if self._bar is not None:
            self._bar.update(number)
            return
        now = time.monotonic()
        if now - self._shown >= INTERVAL:
            self._shown = now
            log.info("epoch %d: %s", epoch, self.line(now))

    def line(self, now: float) -> str:
        """What is done, its rate and the time left at that rate."""
        rate = (self.done - self._first) / max(now - self._started, 1e-9)
        left = (self.total - self.done) / rate if rate else float("inf")
        return (
            f"{self.done:,} of {self.total:,} {self.unit}s ({self.done / self.total:.0%}), "
            f"{rate:,.0f} a second, {left:,.0f} s left at most"
        )

    def say(self, text: str) -> None:
        """A log line that does not tear the bar."""
        if self._bar is not None:
            self._bar.clear()
        log.info("%s", text)
        if self._bar is not None:
            self._bar.refresh()
