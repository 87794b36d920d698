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
    """Counts texts over the whole training; ``with`` closes the bar."""

    def __init__(self, total: int, done: int = 0, quiet: bool = False) -> None:
        self.total = total
        self.done = done
        self._first = done
        self._started = self._shown = time.monotonic()
        self._bar: Any = None
        if sys.stderr.isatty() and not quiet:
            self._bar = tqdm(total=total, initial=done, unit="text", smoothing=0.1)

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

    def add(self, texts: int, epoch: int) -> None:
        self.done += texts
        if self._bar is not None:
            self._bar.update(texts)
            return
        now = time.monotonic()
        if now - self._shown >= INTERVAL:
            self._shown = now
            log.info("epoch %d: %s", epoch, self.line(now))

    def line(self, now: float) -> str:
        """Texts done, their rate and the time left at that rate."""
        rate = (self.done - self._first) / max(now - self._started, 1e-9)
        left = (self.total - self.done) / rate if rate else float("inf")
        return (
            f"{self.done:,} of {self.total:,} texts ({self.done / self.total:.0%}), "
            f"{rate:,.0f} a second, {left:,.0f} s left at most"
        )

    def say(self, text: str) -> None:
        """A log line that does not tear the bar."""
        if self._bar is not None:
            self._bar.clear()
        log.info("%s", text)
        if self._bar is not None:
            self._bar.refresh()
