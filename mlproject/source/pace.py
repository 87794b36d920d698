"""When the next request may be made: quota, spacing, back-off. Pure; kept in crawl_state."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, Field

from mlproject.source.answer import NotNowError, number
from mlproject.source.request import Request

SHOWS = 5  # calls of topics/show.json that the site bears ...
SHOW_WINDOW = 10.5  # ... in ten seconds, with a margin for clocks
DAY = 86_400.0  # seconds; no answer makes a crawl wait longer
BLAME = 4  # faults of one request after which the request is doubted, not the forum
HOPELESS = 1000  # blame of a request that failed while the forum answered another
DOUBTED = 50  # requests remembered with their faults
TAIL = 60.0  # seconds before the end of a quota in which its reserve is free for all
SLACK = 5  # requests, at least
SKEW = 5.0  # seconds by which clocks may differ


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds, but for ``reserve``; from the settings."""

    interval: float  # between two requests
    retry: float  # after the first fault; doubles with each one in a row
    block: float  # the same after being kept out
    longest: float  # neither doubles beyond this
    reserve: int = 0  # requests of a quota that are left to others until shortly before its end


class Quota(BaseModel):
    """One API's X-Rate-Limit headers as last seen."""

    limit: int
    remaining: int
    reset: float  # epoch seconds


class Pace(BaseModel):
    """What every process that crawls one forum goes by."""

    quotas: dict[str, Quota] = Field(default_factory=dict)  # by API
    separate: bool = False  # whether the APIs are known to have quotas of their own
    last: float = 0.0  # when the latest request was made or answered
    shows: list[float] = Field(default_factory=list)  # the same of the latest topics/show.json
    closed_until: float = 0.0
    reason: str = ""
    failures: int = 0  # in a row
    doubts: dict[str, int] = Field(default_factory=dict)  # blame by request

    def spacing(self, request: Request, now: float, interval: float) -> float:
        """Seconds that politeness asks for before this request."""
        waits = [self.last + interval - now]
        if request.is_show and len(self.shows) >= SHOWS:
            waits.append(self.shows[-SHOWS] + SHOW_WINDOW - now)
        # A clock that was set back must not make a short wait long.
        return min(max(0.0, *waits), max(interval, SHOW_WINDOW))

    def closed(self, request: Request, now: float, rules: Rules) -> tuple[float, str]:
        """Seconds until the forum may be asked at all, and why not now; 0 when it may."""
        waits = [(max(0.0, self.closed_until - now), self.reason)]
        quota = self.quota(request.api, now)
        if quota is not None and quota.remaining <= 0:
            reason = f"the quota of {quota.limit} requests is spent"
            waits.append((quota.reset - now, reason))
        elif quota is not None and quota.remaining <= (
            kept := min(rules.reserve, quota.limit // 4)
        ):
            tail = quota.reset - TAIL - kept * rules.interval
            reason = f"the last {kept} requests of the quota are left to new topics"
            waits.append((tail - now, reason))
        return max(waits, key=lambda wait: wait[0])

    def quota(self, api: str, now: float) -> Quota | None:
        """The quota that this API's next request is taken off; None where that is not known."""
        return min(self._open(api, now), key=lambda quota: quota.remaining, default=None)

    def reserve(self, request: Request, now: float) -> None:
        """Count a request before it is made, so that one that is never answered counts too."""
        self.last = now
        if request.is_show:
            self.shows = [*self.shows, now][-SHOWS:]
        for quota in self._open(request.api, now):
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
        for other in self._open(request.api, now + SKEW):
            # One quota for both APIs never shows another limit, nor much more than it had; a
            # little more it does: a killed process may have counted what it did not ask.
            slack = max(SLACK, seen.limit // 20)
            if other is not self.quotas.get(request.api):
                more = seen.remaining > other.remaining + slack
                self.separate |= more or seen.limit != other.limit
        self.quotas[request.api] = seen
        for shared in self._open(request.api, now):
            shared.remaining = remaining

    def succeed(self, request: Request) -> None:
        """The forum answers again; nothing more is held against this request."""
        self.failures, self.closed_until, self.reason = 0, 0.0, ""
        self.doubts.pop(str(request), None)

    def fail(self, error: NotNowError, now: float, rules: Rules) -> None:
        """Stay away for as long as the answer says, else for a time that doubles.

        In a row of failures also answers that say when are not asked sooner than a fault would be:
        "at once", said again and again, would mean once a second for ever.
        """
        self.failures += 1
        base = rules.block if error.closed and error.until is None else rules.retry
        doubled = now + min(base * 2.0 ** min(self.failures - 1, 30), rules.longest)
        told = error.until if error.until is not None else doubled
        self.closed_until = min(told if self.failures == 1 else max(told, doubled), now + DAY)
        self.reason = str(error)

    def blame(self, request: Request, error: NotNowError) -> None:
        """Remember how often this request in particular failed."""
        blame = self.doubts.pop(str(request), 0) + error.blame
        if blame:
            self.doubts[str(request)] = blame
        self.doubts = dict(list(self.doubts.items())[-DOUBTED:])

    def doubted(self, request: Request) -> bool:
        """Whether to see first if the forum answers anything else."""
        return BLAME <= self.doubts.get(str(request), 0) < HOPELESS

    def confirm(self, request: Request) -> None:
        """The forum does answer something else: the request has one more chance."""
        self.doubts[str(request)] = HOPELESS

    def hopeless(self, request: Request) -> bool:
        """Whether the next failure is the last."""
        return self.doubts.get(str(request), 0) >= HOPELESS

    def forgive(self) -> None:
        """The forum answers nothing else either: it is not the requests' fault."""
        self.doubts.clear()

    def _open(self, api: str, now: float) -> list[Quota]:
        """The quotas in force; the other API's is taken for this one's till shown otherwise."""
        return [
            quota
            for of, quota in self.quotas.items()
            if quota.reset > now and (of == api or not self.separate)
        ]
