"""When the next request may be made: quota, spacing, back-off. Pure; kept in crawl_state."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, Field

from mlproject.source.answer import NotNowError, number
from mlproject.source.request import Request

SHOWS = 5  # calls of topics/show.json that the site bears ...
SHOW_WINDOW = 10.5  # ... in ten seconds, with a margin for clocks
DAY = 86_400.0  # seconds; no answer makes a crawl wait longer


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds, from the settings."""

    interval: float  # between two requests
    retry: float  # after the first fault; doubles with each one in a row
    block: float  # the same after being kept out
    longest: float  # neither doubles beyond this


class Quota(BaseModel):
    """One API's X-Rate-Limit headers as last seen."""

    limit: int
    remaining: int
    reset: float  # epoch seconds


class Pace(BaseModel):
    """What every process that crawls one forum goes by."""

    quotas: dict[str, Quota] = Field(default_factory=dict)  # by API
    last: float = 0.0  # when the latest request was made or answered
    shows: list[float] = Field(default_factory=list)  # the same of the latest topics/show.json
    closed_until: float = 0.0
    reason: str = ""
    failures: int = 0  # in a row

    def spacing(self, request: Request, now: float, interval: float) -> float:
        """Seconds that politeness asks for before this request."""
        waits = [self.last + interval - now]
        if request.is_show and len(self.shows) >= SHOWS:
            waits.append(self.shows[-SHOWS] + SHOW_WINDOW - now)
        # A clock that was set back must not make a short wait long.
        return min(max(0.0, *waits), max(interval, SHOW_WINDOW))

    def closed(self, request: Request, now: float) -> tuple[float, str]:
        """Seconds until the forum may be asked at all, and why not now; 0 when it may."""
        quota = self.quotas.get(request.api)
        spent = quota.reset - now if quota is not None and quota.remaining <= 0 else 0.0
        if quota is not None and spent > max(0.0, self.closed_until - now):
            return spent, f"the quota of {quota.limit} requests is spent"
        return max(0.0, self.closed_until - now), self.reason

    def reserve(self, request: Request, now: float) -> None:
        """Count a request before it is made, so that one that is never answered counts too."""
        self.last = now
        if request.is_show:
            self.shows = [*self.shows, now][-SHOWS:]
        quota = self.quotas.get(request.api)
        if quota is not None and quota.reset > now:
            quota.remaining -= 1

    def settle(self, request: Request, headers: Mapping[str, str], now: float) -> None:
        """Take over what the answer says of the quota."""
        self.last = now
        if request.is_show and self.shows:
            self.shows[-1] = now
        remaining = number(headers.get("X-Rate-Limit-Remaining"))
        if remaining is None:
            return
        limit = number(headers.get("X-Rate-Limit-Limit"))
        reset = number(headers.get("X-Rate-Limit-Reset"))
        # One second more: the header is cut to whole seconds.
        until = min(float(reset) + 1, now + DAY) if reset is not None else now + 3600
        seen = Quota(limit=limit or remaining, remaining=remaining, reset=until)
        self.quotas[request.api] = seen
        for other in self.quotas.values():
            # The APIs share a quota where they tell the same limit and end of it.
            if (other.limit, other.reset) == (seen.limit, seen.reset):
                other.remaining = min(other.remaining, remaining)

    def succeed(self) -> None:
        self.failures, self.closed_until, self.reason = 0, 0.0, ""

    def fail(self, error: NotNowError, now: float, rules: Rules) -> None:
        """Stay away for as long as the answer says, else for a time that doubles."""
        self.failures += 1
        base = rules.block if error.closed else rules.retry
        doubled = min(base * 2.0 ** min(self.failures - 1, 30), rules.longest)
        until = error.until if error.until is not None else now + doubled
        self.closed_until = min(until, now + DAY)
        self.reason = str(error)
