"""The ways to crawl a forum. Each can be broken off anywhere and goes on where it was."""

import logging
from collections.abc import Callable, Sequence
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
from mlproject.source.pace import SHOW_WINDOW, SHOWS
from mlproject.source.progress import Progress
from mlproject.source.request import Request
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
    """``done``: nothing is left to ask for. The quota is that of the mode's API.

    Topics are counted since the last outcome of the mode: those of calls that were broken off
    are in that of the call that goes on.
    """

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

    Everything is committed but that the counts of the outcome are told: commit once they are.

    Raises:
        InputError: the token is missing or refused, or a named node does not exist.
        TryLaterError: the quota is spent, the forum keeps us out, or it is down.
    """
    if order.mode == "backfill" and not settings.v2ex_token.get_secret_value():
        raise InputError(f"{TOKEN} is not set: mode backfill needs a personal access token")
    if not settings.v2ex_contact:
        log.warning(
            "MLPROJECT_V2EX_CONTACT is empty: the User-Agent names nobody to turn to; "
            "set it to a mail address or a page"
        )
    client = Client(settings)
    first_served = order.mode == "new"
    schedule = Schedule(connection, settings, client, clock, order.max_requests, first_served)
    harvest = Harvest(schedule, order.mode)
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
    new, changed, gone = harvest.told()
    return Outcome(
        requests=schedule.requests,
        topics_new=new,
        topics_changed=changed,
        topics_gone=gone,
        quota_limit=quota.limit if quota else None,
        quota_remaining=max(0, quota.remaining) if quota else None,
        done=done,
    )


def _run(order: Order, harvest: Harvest) -> None:
    if order.mode == "backfill":
        mark(harvest)
        backfill(harvest, order.nodes)
    elif order.mode == "revisit":
        revisit(harvest)
    elif order.mode == "new":
        new(harvest)
    elif order.ids is not None:
        _fetch(harvest, *order.ids)
    else:
        raise InputError("ids is missing: mode ids needs [first, last]")


def mark(harvest: Harvest) -> None:
    """Note the newest topic, once: mode new will look at what comes while a backfill lasts."""

    def choose() -> Request | None:
        known = crawl_state.read(harvest.connection, harvest.site, NEW)
        return request.latest() if known is None else None

    with harvest.schedule.turn(choose) as reply:
        listed = [read.id for read in topic.read_all(reply.value or ())] if reply else []
        if listed and (span := _span(harvest, listed)) is not None:
            _keep_span(harvest, *span)


def new(harvest: Harvest) -> None:
    """The latest list, then what lies between the highest stored id and the newest."""
    with harvest.schedule.turn(request.latest) as reply:
        found = topic.read_all(reply.value or () if reply else ())
        span = _span(harvest, [read.id for read in found])
        if span is None:
            return
        settled, newest = span
        _keep_span(harvest, settled, newest)
        harvest.keep_list(reply.value or () if reply else ())
    # Newest first: a fresh question is worth more than an old one.
    _fetch(harvest, settled + 1, newest, newest_first=True)
    _keep_span(harvest, newest, newest)
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


def _keep_span(harvest: Harvest, settled: int, newest: int) -> None:
    span = {"settled": settled, "newest": newest}
    crawl_state.write(harvest.connection, harvest.site, {NEW: span})


def revisit(harvest: Harvest) -> None:
    """Look again at topics that reached an age of ``AGES`` since they were last seen."""

    def due(after: int, limit: int) -> list[int]:
        return topics.due(harvest.connection, harvest.site, AGES, harvest.now(), after, limit)

    after = asked = 0
    progress = _progress(harvest)
    while numbers := due(after, DUE):
        of = asked + len(numbers)
        _show_all(
            harvest, numbers, lambda number: due(number - 1, 1) == [number], progress, asked, of
        )
        after, asked = numbers[-1], of


def _fetch(harvest: Harvest, first: int, last: int, newest_first: bool = False) -> None:
    """Ask for every id of a range that is neither stored nor known to be missing."""

    def missing(first: int, last: int) -> list[int]:
        return topics.missing(harvest.connection, harvest.site, first, last)

    starts = range(first, last + 1, WINDOW)
    left = topics.count_missing(harvest.connection, harvest.site, first, last)
    progress, asked = _progress(harvest), 0
    for start in reversed(starts) if newest_first else starts:
        numbers = missing(start, min(start + WINDOW - 1, last))
        numbers = numbers[::-1] if newest_first else numbers
        # Another process may have found or stored some since they were counted.
        of = max(left, asked + len(numbers))
        _show_all(
            harvest, numbers, lambda number: bool(missing(number, number)), progress, asked, of
        )
        asked += len(numbers)


def _progress(harvest: Harvest) -> Progress:
    seconds = max(harvest.schedule.rules.interval, SHOW_WINDOW / SHOWS)
    return Progress(harvest.schedule, harvest.mode, "v1", seconds)


def _show_all(
    harvest: Harvest,
    numbers: Sequence[int],
    wanted: Callable[[int], bool],
    progress: Progress,
    asked: int,
    of: int,
) -> None:
    """Ask for the topics of which the first is the one after ``asked`` of all ``of``."""
    for before, number in enumerate(numbers, asked):
        progress.show(before, of, f"{before} of {of} ids, {harvest.new} new")
        harvest.show(number, wanted)
