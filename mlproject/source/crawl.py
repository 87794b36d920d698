"""The ways to crawl a forum. Each can be broken off anywhere and goes on where it was."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source import request, topic
from mlproject.source.answer import TOKEN
from mlproject.source.backfill import backfill
from mlproject.source.client import Client
from mlproject.source.clock import Clock
from mlproject.source.harvest import Harvest
from mlproject.source.schedule import RequestsSpentError, Schedule
from mlproject.store import crawl_state, topics

Mode = Literal["new", "backfill", "revisit", "ids"]

NEW = "new"  # the key in crawl_state: {"settled": id below which nothing is left, "newest": id}
AGES = (1, 5, 30)  # days at which topics are looked at again: young ones are edited and deleted
CATCH_UP = 1_000  # ids below the newest that a first run looks at; older ones are a backfill's
WINDOW = 10_000  # ids looked up at once
DUE = 500  # topics looked up at once

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What to crawl; ``nodes`` is for backfill, ``ids`` (first and last) for ids."""

    mode: Mode = "new"
    nodes: tuple[str, ...] | Literal["all"] = "all"
    ids: tuple[int, int] | None = None
    max_requests: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``done``: nothing is left to ask for. The quota is that of the mode's API."""

    requests: int
    topics_new: int
    topics_changed: int
    topics_gone: int
    quota_limit: int | None
    quota_remaining: int | None
    done: bool

    def as_result(self) -> dict[str, int | bool | None]:
        return asdict(self)


def crawl(order: Order, connection: Connection, settings: Settings, clock: Clock) -> Outcome:
    """Crawl until nothing is left or ``max_requests`` were made.

    Raises:
        InputError: the token is missing or refused, or a named node does not exist.
        TryLaterError: the quota is spent, the forum keeps us out, or it is down.
    """
    if order.mode == "backfill" and not settings.v2ex_token.get_secret_value():
        raise InputError(f"{TOKEN} is not set: mode backfill needs a personal access token")
    client = Client(settings)
    schedule = Schedule(connection, settings, client, clock, order.max_requests)
    harvest = Harvest(schedule)
    try:
        _run(order, harvest)
        done = True
    except RequestsSpentError:
        done = False
    finally:
        client.close()
        log.info(
            "%s: %d requests, %d topics new, %d changed, %d gone",
            *(order.mode, schedule.requests, harvest.new, harvest.changed, harvest.gone),
        )
    quota = schedule.quota("v2" if order.mode == "backfill" else "v1")
    return Outcome(
        requests=schedule.requests,
        topics_new=harvest.new,
        topics_changed=harvest.changed,
        topics_gone=harvest.gone,
        quota_limit=quota.limit if quota else None,
        quota_remaining=max(0, quota.remaining) if quota else None,
        done=done,
    )


def _run(order: Order, harvest: Harvest) -> None:
    if order.mode == "backfill":
        backfill(harvest, order.nodes)
    elif order.mode == "revisit":
        revisit(harvest)
    elif order.mode == "new":
        new(harvest)
    elif order.ids is not None:
        _fetch(harvest, *order.ids)
    else:
        raise InputError("ids is missing: mode ids needs [first, last]")


def new(harvest: Harvest) -> None:
    """The latest list, then what lies between the highest stored id and the newest."""
    with harvest.schedule.turn(request.latest()) as value:
        found = topic.read_all(value or ())
        span = _span(harvest, [read.id for read in found])
        if span is None:
            return
        settled, newest = span
        crawl_state.write(harvest.connection, harvest.site, {NEW: _span_state(settled, newest)})
        harvest.keep(found)
    # Newest first: a fresh question is worth more than an old one.
    _fetch(harvest, settled + 1, newest, newest_first=True)
    crawl_state.write(harvest.connection, harvest.site, {NEW: _span_state(newest, newest)})
    harvest.connection.commit()


def _span(harvest: Harvest, listed: list[int]) -> tuple[int, int] | None:
    """The id up to which nothing is left, and the newest; None as long as there is no topic."""
    state = crawl_state.read(harvest.connection, harvest.site, NEW)
    if state is not None:
        return state["settled"], max([state["newest"], *listed])
    if not listed:
        return None
    newest = max(listed)
    highest = topics.highest(harvest.connection, harvest.site) or newest
    return max(highest, newest - CATCH_UP), newest


def _span_state(settled: int, newest: int) -> dict[str, int]:
    return {"settled": settled, "newest": newest}


def revisit(harvest: Harvest) -> None:
    """Look again at topics that reached an age of ``AGES`` since they were last seen."""
    after = 0
    while True:
        numbers = topics.due(harvest.connection, harvest.site, AGES, harvest.now(), after, DUE)
        _show_all(harvest, numbers)
        if len(numbers) < DUE:
            return
        after = numbers[-1]


def _fetch(harvest: Harvest, first: int, last: int, newest_first: bool = False) -> None:
    """Ask for every id of a range that is neither stored nor known to be missing."""
    starts = range(first, last + 1, WINDOW)
    for start in reversed(starts) if newest_first else starts:
        end = min(start + WINDOW - 1, last)
        numbers = topics.missing(harvest.connection, harvest.site, start, end)
        _show_all(harvest, reversed(numbers) if newest_first else numbers)


def _show_all(harvest: Harvest, numbers: Iterable[int]) -> None:
    for asked, number in enumerate(numbers):
        if asked % 20 == 0:
            log.info("topic %d and on: %d new so far", number, harvest.new)
        harvest.show(number)
