"""The one scheduler of requests: whose turn it is, how long to wait, what a failure means."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError, TryLaterError
from mlproject.settings import Settings
from mlproject.source import answer
from mlproject.source.answer import MissingError, NotNowError
from mlproject.source.client import Client
from mlproject.source.clock import Clock
from mlproject.source.pace import Pace, Quota, Rules
from mlproject.source.request import Request
from mlproject.store import crawl_state

PACE = "pace"  # the key in crawl_state
LOCK_POLL = 0.1  # seconds

log = logging.getLogger(__name__)


class RequestsSpentError(Exception):
    """The run has made as many requests as it was allowed."""


class Schedule:
    """Makes requests one at a time, also among processes: each has its turn under a lock."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        client: Client,
        clock: Clock,
        max_requests: int | None = None,
    ) -> None:
        self.connection = connection
        self.site = settings.site
        self.clock = clock
        self.requests = 0
        self._client = client
        self._max_requests = max_requests
        self._max_wait = settings.v2ex_max_wait
        self._patience = max(60.0, settings.v2ex_max_wait, 4 * settings.v2ex_timeout)
        self._rules = Rules(
            interval=settings.v2ex_min_interval,
            retry=settings.v2ex_retry_wait,
            block=settings.v2ex_block_wait,
            longest=settings.v2ex_longest_wait,
        )

    @contextmanager
    def turn(self, request: Request) -> Iterator[Any]:
        """Wait for the turn, ask, give the value (None: no such thing) and commit.

        What the block writes through ``connection`` is committed together with the quota.

        Raises:
            RequestsSpentError: ``max_requests`` were made.
            TryLaterError: the wait would be longer than MLPROJECT_V2EX_MAX_WAIT.
            InputError: the token is missing or refused.
        """
        while True:
            if self._max_requests is not None and self.requests >= self._max_requests:
                raise RequestsSpentError
            with self._lock():
                pace = self._pace()
                wait = self._wait(pace, request)
                if wait <= 0:
                    answered, value = self._ask(pace, request)
                    if answered:
                        yield value
                        self.connection.commit()
                        return
            self.clock.sleep(wait)

    def quota(self, api: str) -> Quota | None:
        """The quota of an API as last seen by any process."""
        return self._pace().quotas.get(api)

    def _pace(self) -> Pace:
        return Pace.model_validate(crawl_state.read(self.connection, self.site, PACE) or {})

    def _keep(self, pace: Pace) -> None:
        crawl_state.write(self.connection, self.site, {PACE: pace.model_dump()})

    def _wait(self, pace: Pace, request: Request) -> float:
        now = self.clock.now()
        wait, reason = pace.closed(request, now)
        if wait > self._max_wait:
            raise TryLaterError(f"{reason}: try again in {wait:.0f} seconds", after=wait)
        if wait > 0:
            log.info("%s: waiting %.0f seconds", reason, wait)
            return wait
        return pace.spacing(request, now, self._rules.interval)

    def _ask(self, pace: Pace, request: Request) -> tuple[bool, Any]:
        """One exchange: whether it brought an answer, and its value."""
        pace.reserve(request, self.clock.now())
        self._keep(pace)
        self.connection.commit()
        self.requests += 1
        try:
            value = self._exchange(pace, request)
        except MissingError:
            value = None
        except NotNowError as error:
            log.warning("%s: %s", request, error)
            pace.fail(error, self.clock.now(), self._rules)
            self._keep(pace)
            self.connection.commit()
            return False, None
        except InputError:
            self._keep(pace)
            self.connection.commit()
            raise
        pace.succeed()
        self._keep(pace)
        return True, value

    def _exchange(self, pace: Pace, request: Request) -> Any:
        received = self._client.send(request)
        now = self.clock.now()
        pace.settle(request, received.headers, now)
        return answer.read(received, request, now)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the forum's lock; PostgreSQL frees it when this process dies."""
        start = self.clock.now()
        while not crawl_state.try_lock(self.connection, self.site):
            # Polled, because a wait inside the database driver cannot be interrupted.
            if self.clock.now() - start > self._patience:
                raise TryLaterError(f"another crawl of {self.site} does not end its turn")
            self.clock.sleep(LOCK_POLL)
        try:
            yield
        finally:
            crawl_state.unlock(self.connection, self.site)
