"""The one scheduler of requests: whose turn it is, how long to wait, what a failure means."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError, TryLaterError
from mlproject.settings import Settings
from mlproject.source import answer
from mlproject.source.answer import MissingError, NotNowError
from mlproject.source.client import Client
from mlproject.source.clock import Clock
from mlproject.source.pace import Pace, Quota, Rules
from mlproject.source.request import Request, probe
from mlproject.store import crawl_state

PACE = "pace"  # the key in crawl_state
LOCK_TRY = 1.0  # seconds; the database driver hears no signal while it waits

log = logging.getLogger(__name__)


class RequestsSpentError(Exception):
    """The run has made as many requests as it was allowed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """``value`` is None where there is no such thing.

    ``failing``: this request cannot be had, though the forum answers others.
    """

    value: Any = None
    failing: bool = False


class Schedule:
    """Makes requests one at a time, also among processes: each has its turn under a lock."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        client: Client,
        clock: Clock,
        max_requests: int | None = None,
        first_served: bool = False,
    ) -> None:
        """``first_served`` may also use the reserve of the quota."""
        self.connection = connection
        self.site = settings.site
        self.clock = clock
        self.requests = 0
        self.rules = Rules(
            interval=settings.v2ex_min_interval,
            retry=settings.v2ex_retry_wait,
            block=settings.v2ex_block_wait,
            longest=settings.v2ex_longest_wait,
            reserve=0 if first_served else settings.v2ex_reserve,
        )
        self._client = client
        self._max_requests = max_requests
        self._max_wait = settings.v2ex_max_wait
        self._patience = settings.v2ex_turn_wait

    @contextmanager
    def turn(self, choose: Callable[[], Request | None]) -> Iterator[Reply | None]:
        """Wait for the turn, choose a request, make it, give the reply and commit.

        ``choose`` is called when it is this process's turn and reads what others have done
        meanwhile; where it chooses nothing, the reply is None. What the block writes through
        ``connection`` is committed together with the quota.

        Raises:
            RequestsSpentError: ``max_requests`` were made.
            TryLaterError: the wait would be longer than MLPROJECT_V2EX_MAX_WAIT.
            InputError: the token is missing or refused.
        """
        while True:
            with self._lock():
                request = choose()
                if request is None:
                    yield None
                    self.connection.commit()
                    return
                if self._max_requests is not None and self.requests >= self._max_requests:
                    raise RequestsSpentError
                pace = self._pace()
                wait = self._wait(pace, request)
                if wait <= self.rules.interval:
                    self.clock.sleep(wait)  # nobody else may ask in this time either
                    wait = 0
                reply = self._ask(pace, request) if wait <= 0 else None
                if reply is not None:
                    yield reply
                    self.connection.commit()
                    return
            self.clock.sleep(wait)

    def quota(self, api: str) -> Quota | None:
        """The quota of an API as last seen by any process."""
        pace = self._pace()
        return pace.quota(api, self.clock.now()) or pace.quotas.get(api)

    def _pace(self) -> Pace:
        return Pace.model_validate(crawl_state.read(self.connection, self.site, PACE) or {})

    def _keep(self, pace: Pace) -> None:
        crawl_state.write(self.connection, self.site, {PACE: pace.model_dump()})

    def _wait(self, pace: Pace, request: Request) -> float:
        now = self.clock.now()
        wait, reason = pace.closed(request, now, self.rules)
        if wait > self._max_wait:
            raise TryLaterError(f"{reason}: try again in {wait:.0f} seconds", after=wait)
        if wait > 0:
            log.info("%s: waiting %.0f seconds", reason, wait)
        return max(wait, pace.spacing(request, now, self.rules.interval))

    def _ask(self, pace: Pace, request: Request) -> Reply | None:
        """One exchange: the reply, or None where the request has to be made again.

        A request that failed again and again is given up if it fails once more after the forum
        answered another one.
        """
        if pace.doubted(request):
            if self._exchange(pace, probe(request)) is None:
                pace.forgive()
            else:
                pace.confirm(request)
            self._keep(pace)
            self.connection.commit()
            return None
        reply = self._exchange(pace, request)
        self._keep(pace)
        if reply is None:
            self.connection.commit()
        return reply

    def _exchange(self, pace: Pace, request: Request) -> Reply | None:
        pace.reserve(request, self.clock.now())
        self._keep(pace)
        self.connection.commit()
        self.requests += 1
        try:
            reply = Reply(self._value(pace, request))
        except MissingError:
            reply = Reply()
        except NotNowError as error:
            log.warning("%s: %s", request, error)
            if pace.hopeless(request) and error.blame:
                log.warning("%s: given up, as the forum answers other requests", request)
                reply = Reply(failing=True)
            else:
                pace.blame(request, error)
                pace.fail(error, self.clock.now(), self.rules)
                return None
        except InputError:
            self._keep(pace)
            self.connection.commit()
            raise
        pace.succeed(request)
        return reply

    def _value(self, pace: Pace, request: Request) -> Any:
        received = self._client.send(request)
        now = self.clock.now()
        pace.settle(request, received.headers, now)
        return answer.read(received, request, now)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the forum's lock; PostgreSQL frees it when this process dies."""
        end = time.monotonic() + self._patience
        while not crawl_state.lock(self.connection, self.site, min(LOCK_TRY, self._patience)):
            if time.monotonic() > end:
                raise TryLaterError(f"another crawl of {self.site} does not end its turn")
        try:
            yield
        finally:
            crawl_state.unlock(self.connection, self.site)
