"""Page by page through many nodes in turn, 20 topics a request; a cursor per node."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel

from mlproject.errors import InputError, TryLaterError
from mlproject.source import request, topic
from mlproject.source.harvest import Harvest
from mlproject.store import crawl_state

CURSOR = "node:"  # prefix of the cursors' keys in crawl_state
LISTED = "nodes"  # the key of the names in the forum's own list

log = logging.getLogger(__name__)


class Cursor(BaseModel):
    """How far a node was read."""

    page: int = 1  # the next one
    pages: int | None = None
    total: int | None = None  # topics of the node, as of the latest page
    deepest: int = 0  # page
    update: bool = False  # read before: go on only until a page brings nothing new
    done: bool = False
    listed: int | None = None  # topics of the node in the list of all nodes

    def advance(self, rows: int, new: int, pages: int | None, total: int | None) -> "Cursor":
        """The cursor after a page with so many rows, of which so many were new."""
        here = {"pages": pages, "total": total, "deepest": max(self.deepest, self.page)}
        shrunk = None not in (total, self.total) and (total or 0) < (self.total or 0)
        if shrunk and self.page > 1 and self.deepest < self.page:
            # Topics were deleted meanwhile: the rest moved up, some to the page before.
            return self.model_copy(update={**here, "page": self.page - 1})
        at_end = rows == 0 or (pages is not None and self.page >= pages)
        if at_end or (self.update and new == 0):
            return self.model_copy(update={**here, "done": True})
        return self.model_copy(update={**here, "page": self.page + 1})

    def again(self) -> "Cursor":
        """For a node that was read to its end."""
        return Cursor(update=True, listed=self.listed)

    def opened(self, listed: int | None) -> "Cursor":
        """For a new round, in which the forum lists the node with so many topics."""
        if self.done and (listed is None or listed != self.listed):
            return self.again().model_copy(update={"listed": listed})
        return self.model_copy(update={"listed": listed})


def backfill(harvest: Harvest, nodes: tuple[str, ...] | Literal["all"]) -> None:
    """Read the nodes to their ends; once all are, the next call only brings them up to date.

    Raises:
        InputError: a named node does not exist.
    """
    cursors = _of_all(harvest) if nodes == "all" else _of_named(harvest, nodes)
    for name in _in_turn(cursors):
        cursor = _page(harvest, name, cursors[name])
        if cursor is None and nodes != "all":
            raise InputError(f"nodes: {name!r} is unknown to {harvest.site}")
        if cursor is None:
            cursor = cursors[name].model_copy(update={"done": True})
            _save(harvest, {name: cursor})
            harvest.connection.commit()
        cursors[name] = cursor


def _of_named(harvest: Harvest, names: tuple[str, ...]) -> dict[str, Cursor]:
    known = _load(harvest)
    cursors = {name: known.get(name, Cursor()) for name in names}
    if all(cursor.done for cursor in cursors.values()):
        cursors = {name: cursor.again() for name, cursor in cursors.items()}
        _save(harvest, cursors)
        harvest.connection.commit()
    return cursors


def _of_all(harvest: Harvest) -> dict[str, Cursor]:
    known = _load(harvest)
    listed = crawl_state.read(harvest.connection, harvest.site, LISTED) or []
    cursors = {name: known.get(name, Cursor()) for name in listed}
    if any(not cursor.done for cursor in cursors.values()):
        return cursors
    with harvest.schedule.turn(request.all_nodes()) as value:
        cursors = {}
        for name, count in _names(value or ()):
            fresh = Cursor(done=count == 0, listed=count)
            cursors[name] = known[name].opened(count) if name in known else fresh
        crawl_state.write(harvest.connection, harvest.site, {LISTED: list(cursors)})
        _save(harvest, cursors)
    return cursors


def _names(values: Iterable[Any]) -> Iterator[tuple[str, int | None]]:
    """Names and numbers of topics in the forum's list of nodes."""
    for value in values:
        name = value.get("name") if isinstance(value, dict) else None
        if isinstance(name, str) and request.is_node(name):
            count = value.get("topics")
            yield name, count if isinstance(count, int) else None


def _in_turn(cursors: dict[str, Cursor]) -> Iterator[str]:
    """Names of unfinished nodes, those with the fewest pages read first."""
    while True:
        unfinished = [name for name, cursor in cursors.items() if not cursor.done]
        if not unfinished:
            return
        yield min(unfinished, key=lambda name: cursors[name].page)


def _page(harvest: Harvest, name: str, cursor: Cursor) -> Cursor | None:
    """Store one page and move the cursor, together; None where there is no such node."""
    with harvest.schedule.turn(request.node_page(name, cursor.page)) as value:
        if value is None and cursor.page == 1:
            return None
        envelope = value or {}
        rows = envelope.get("result") or []
        if not isinstance(rows, list):
            raise TryLaterError(f"node {name}: the forum answers with other data than topics")
        stored = harvest.keep(topic.read_all(rows, name))
        moved = cursor.advance(len(rows), stored.new, *_extent(envelope.get("pagination")))
        _save(harvest, {name: moved})
    log.info(
        "%s: page %d of %s, %d topics, %d of them new",
        *(name, cursor.page, moved.pages or "?", len(rows), stored.new),
    )
    return moved


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
