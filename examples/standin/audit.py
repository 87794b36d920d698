"""What a stand-in's log shows of a visitor's manners."""

from collections import Counter
from collections.abc import Iterable, Sequence

HOUR = 3600  # seconds that a quota lasts
SHOW = "/api/topics/show.json"


def windows(times: Iterable[float], length: int = HOUR) -> list[int]:
    """Requests in each of the quota's windows; one begins with the first request after another."""
    counts: list[int] = []
    end = float("-inf")
    for time in times:
        if time >= end:
            counts.append(0)
            end = int(time) + length
        counts[-1] += 1
    return counts


def use(counts: Sequence[int], limit: int) -> float:
    """The share of the quota that was used; the last window, which was not at its end, is out."""
    full = counts[:-1] or counts
    return sum(full) / (limit * len(full))


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most requests in any time as long as that."""
    first, most = 0, 0
    for last, time in enumerate(times):
        while time - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def repeats(requests: Iterable[str]) -> int:
    """How many requests were made that had been made before."""
    return sum(count - 1 for count in Counter(requests).values())
