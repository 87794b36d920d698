"""The site's rule: more than five topics/show.json in ten seconds keep out for a day."""

from collections import deque
from collections.abc import Callable

SHOW = "/api/topics/show.json"
CALLS = 5
WITHIN = 10  # seconds
DAY = 86_400  # seconds


class Ban:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._until: dict[str, float] = {}

    def holds(self, client: str, path: str) -> bool:
        """Whether the client is kept out, also because of this very call."""
        now = self._clock()
        if path == SHOW:
            calls = self._calls.setdefault(client, deque(maxlen=CALLS + 1))
            calls.append(now)
            if len(calls) > CALLS and now - calls[0] <= WITHIN:
                self._until[client] = now + DAY
        return now < self._until.get(client, 0)
