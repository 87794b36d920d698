"""The stand-in's quota: so many requests per client address in each hour."""

from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 3600  # seconds


@dataclass
class Spending:
    used: int
    reset: int  # epoch seconds


class Quota:
    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self._clock = clock
        self._clients: dict[str, Spending] = {}

    def take(self, client: str) -> tuple[bool, dict[str, str]]:
        """Whether the client may have one more answer, and the headers that say how it stands."""
        now = self._clock()
        spending = self._clients.get(client)
        if spending is None or now >= spending.reset:
            spending = self._clients[client] = Spending(0, int(now) + WINDOW)
        allowed = spending.used < self.limit
        spending.used += allowed
        return allowed, {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.limit - spending.used),
            "X-Rate-Limit-Reset": str(spending.reset),
        }
