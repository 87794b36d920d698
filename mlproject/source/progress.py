"""How far a crawl is and when it will end, as lines of the log."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from mlproject.source.pace import Quota
from mlproject.source.schedule import Schedule

EVERY = 10.0  # seconds between two lines
HOUR = 3600.0  # seconds that a quota lasts

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """``seconds`` is the time from one request to the next while there is quota."""

    schedule: Schedule
    mode: str
    api: str
    seconds: float
    said: float | None = None

    def show(self, done: int, of: int, counts: str) -> None:
        """Log a line if the last one is old enough or all ``of`` requests are done."""
        now = self.schedule.clock.now()
        if done < of and self.said is not None and 0 <= now - self.said < EVERY:
            return
        self.said = now
        quota = self.schedule.quota(self.api)
        left = f"{max(0, quota.remaining)} of {quota.limit}" if quota else "unknown"
        end = datetime.fromtimestamp(estimated_end(now, of - done, quota, self.seconds), UTC)
        log.info(
            "%s: %.1f %%, %s, quota left %s, end about %s UTC",
            *(self.mode, 100 * done / of if of else 100, counts, left, f"{end:%Y-%m-%d %H:%M}"),
        )


def estimated_end(now: float, requests: int, quota: Quota | None, seconds: float) -> float:
    """Epoch seconds at which so many requests will be done if all of each quota is used."""
    full = quota is not None and quota.reset <= now  # full again: its hour begins now
    remaining = requests if quota is None else quota.limit if full else max(0, quota.remaining)
    if quota is None or quota.limit <= 0 or requests <= remaining:
        return now + requests * seconds
    reset = now + HOUR if full else quota.reset
    windows, last = divmod(requests - remaining - 1, quota.limit)
    return reset + windows * HOUR + (last + 1) * seconds
