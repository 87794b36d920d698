"""Page by page through many nodes in turn, 20 topics a request; a cursor per node."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from mlproject.errors import InputError, TryLaterError
from mlproject.source import request, topic
from mlproject.source.cursor import Cursor
from mlproject.source.harvest import Harvest
from mlproject.source.progress import Progress
from mlproject.source.request import Request
from mlproject.source.schedule import Reply
from mlproject.store import crawl_state

CURSOR = "node:"  # prefix of the cursors' keys in crawl_state
LISTED = "nodes"  # the key of the names in the forum's own list
SKEW = 60.0  # seconds by which the forum's clock may be behind

log = logging.getLogger(__name__)


def backfill(harvest: Harvest, nodes: tuple[str, ...] | Literal["all"]) -> None:
    """Read the nodes to their ends; once all are, the next call only brings them up to date.

    Raises:
        InputError: a named node does not exist.
    """
    cursors = _of_all(harvest) if nodes == "all" else _of_named(harvest, nodes)
    rules = harvest.schedule.rules
    progress = Progress(harvest.schedule, harvest.mode, "v2", rules.interval)
    _show(progress, cursors)
    while (name := _next(cursors)) is not None:
        if not _page(harvest, name, cursors):
            if nodes != "all":
                raise InputError(f"nodes: {name!r} is unknown to {harvest.site}")
            _save(harvest, {name: cursors[name]})
            harvest.connection.commit()
        _show(progress, cursors)


def _of_named(harvest: Harvest, names: tuple[str, ...]) -> dict[str, Cursor]:
    cursors: dict[str, Cursor] = {}

    def open_again() -> None:
        known = _load(harvest)
        cursors.update({name: known.get(name, Cursor()) for name in names})
        if all(cursor.done for cursor in cursors.values()):
            cursors.update({name: cursor.again() for name, cursor in cursors.items()})
            _save(harvest, cursors)

    with harvest.schedule.turn(open_again):
        return cursors


def _of_all(harvest: Harvest) -> dict[str, Cursor]:
    cursors: dict[str, Cursor] = {}

    def choose() -> Request | None:
        known = _load(harvest)
        listed = crawl_state.read(harvest.connection, harvest.site, LISTED) or []
        cursors.update({name: known.get(name, Cursor()) for name in listed})
        unfinished = any(not cursor.done for cursor in cursors.values())
        return None if unfinished else request.all_nodes()

    with harvest.schedule.turn(choose) as reply:
        counts = dict(_names(reply.value or ())) if reply is not None else {}
        if counts:
            known = _load(harvest)
            cursors.clear()
            for name, count in counts.items():
                fresh = Cursor(done=count == 0, listed=count)
                cursors[name] = _opened(name, known[name], count) if name in known else fresh
            _save(harvest, cursors)
            crawl_state.write(harvest.connection, harvest.site, {LISTED: list(cursors)})
    if reply is not None and not counts:
        after = harvest.schedule.rules.block
        raise TryLaterError(f"{harvest.site} gives no list of its nodes", after=after)
    return cursors


def _opened(name: str, cursor: Cursor, listed: int | None) -> Cursor:
    opened = cursor.opened(listed)
    if opened.lost != cursor.lost:
        log.warning("%s: pages %s could not be had and are given up", name, opened.lost)
    return opened


def _names(values: Iterable[Any]) -> Iterator[tuple[str, int | None]]:
    """Names and numbers of topics in the forum's list of nodes."""
    for value in values:
        name = value.get("name") if isinstance(value, dict) else None
        if isinstance(name, str) and request.is_node(name):
            count = value.get("topics")
            yield name, count if isinstance(count, int) else None


def _next(cursors: Mapping[str, Cursor]) -> str | None:
    """The unfinished node of which the fewest pages were read."""
    unfinished = (name for name, cursor in cursors.items() if not cursor.done)
    return min(unfinished, key=lambda name: cursors[name].wanted, default=None)


def _page(harvest: Harvest, name: str, cursors: dict[str, Cursor]) -> bool:
    """Store one page and move the cursor, together; False where there is no such node."""

    def choose() -> Request | None:
        stored = crawl_state.read(harvest.connection, harvest.site, CURSOR + name)
        if stored is not None:  # another process may have read on
            cursors[name] = Cursor.model_validate(stored)
        cursor = cursors[name]
        return None if cursor.done else request.node_page(name, cursor.wanted)

    with harvest.schedule.turn(choose) as reply:
        if reply is None:
            return True
        cursor = cursors[name]
        if reply.value is None and not reply.failing and cursor.wanted == 1:
            cursors[name] = cursor.model_copy(update={"done": True})
            return False
        moved = _store(harvest, name, cursor, reply)
        _save(harvest, {name: moved})
    cursors[name] = moved
    return True


def _store(harvest: Harvest, name: str, cursor: Cursor, reply: Reply) -> Cursor:
    promised = bool(cursor.retry) or cursor.page <= (cursor.pages or 0)
    if reply.failing or (reply.value is None and promised):
        log.warning("%s: page %d cannot be had: it is left to the next round", name, cursor.wanted)
        return cursor.skip()
    envelope = reply.value or {}
    rows = envelope.get("result", [])
    now = harvest.now().timestamp()
    begun = cursor if cursor.began is not None else cursor.model_copy(update={"began": now})
    stored = harvest.keep_list(rows, name)
    touched = sum(topic.touched_since(row, (begun.began or now) - SKEW) for row in rows)
    pages, total = _extent(envelope.get("pagination"))
    ids = [number for row in rows if (number := topic.topic_id(row)) is not None]
    return begun.advance(len(rows), stored.new, pages, total, ids, stored.changed + touched)


def _show(progress: Progress, cursors: Mapping[str, Cursor]) -> None:
    done = sum(cursor.deepest for cursor in cursors.values())
    pages = sum(cursor.expected_pages() for cursor in cursors.values())
    rows = sum(cursor.rows for cursor in cursors.values())
    posts = sum(cursor.expected_posts() for cursor in cursors.values())
    progress.show(done, pages, f"{rows} of {posts} posts, {done} of {pages} pages")


def _extent(pagination: Any) -> tuple[int | None, int | None]:
    """Pages and topics of a node, where the answer tells them."""
    if not isinstance(pagination, dict):
        return None, None
    pages, total = pagination.get("pages"), pagination.get("total")
    return pages if isinstance(pages, int) else None, total if isinstance(total, int) else None


def _load(harvest: Harvest) -> dict[str, Cursor]:
    values = crawl_state.read_prefix(harvest.connection, harvest.site, CURSOR)
    return {name: Cursor.model_validate(value) for name, value in values.items()}


def _save(harvest: Harvest, cursors: Mapping[str, Cursor]) -> None:
    values = {CURSOR + name: cursor.model_dump() for name, cursor in cursors.items()}
    crawl_state.write(harvest.connection, harvest.site, values)
