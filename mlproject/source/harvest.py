"""What every way of crawling does with an answer: store topics, note what is not there, count."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mlproject.source import request, topic
from mlproject.source.request import Request
from mlproject.source.schedule import Reply, Schedule
from mlproject.source.topic import Topic
from mlproject.store import crawl_state, topics
from mlproject.store.complete import complete
from mlproject.store.topics import Stored

LOOK_AGAIN = timedelta(days=1)  # after which a topic that is gone is asked for once more
CHANGES = "changes:"  # prefix of the key in crawl_state: what no result has told yet, by mode

log = logging.getLogger(__name__)


@dataclass
class Harvest:
    """Counts what this process stores, and in Postgres what every process of its mode does."""

    schedule: Schedule
    mode: str
    new: int = 0
    changed: int = 0
    gone: int = 0

    def __post_init__(self) -> None:
        self.connection = self.schedule.connection
        self.site = self.schedule.site

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.schedule.clock.now(), UTC)

    def keep(self, found: list[Topic]) -> Stored:
        """Store topics in the running transaction and count them."""
        whole = complete(self.connection, self.site, found)
        stored = topics.store(self.connection, self.site, whole, self.now())
        self._count(stored.new, stored.changed + stored.back, 0)
        return stored

    def keep_list(self, values: Iterable[Any], node: str | None = None) -> Stored:
        """Store the topics of a list; note those in it that are deleted or cannot be read."""
        rows = list(values)
        found = topic.read_all(rows, node)
        stored = self.keep(found)
        readable = {read.id for read in found}
        topics.fill_gaps(self.connection, self.site, sorted(readable))
        others = [row for row in rows if topic.topic_id(row) not in readable]
        for row in others:
            if (number := topic.topic_id(row)) is not None:
                self._miss(number, deleted=topic.is_deleted(row))
        if others:
            numbers = [topic.topic_id(row) for row in others]
            log.warning("%d topics of a list cannot be read, ids %s", len(others), numbers)
        return stored

    def show(self, number: int, wanted: Callable[[int], bool]) -> None:
        """Ask for one topic: it is stored, marked gone, or noted as a gap.

        ``wanted`` says, when it is this process's turn, whether the topic is still to be asked for.
        """

        def choose() -> Request | None:
            return request.show(number) if wanted(number) else None

        with self.schedule.turn(choose) as reply:
            if reply is not None:
                self._take(number, reply)

    def told(self) -> tuple[int, int, int]:
        """New, changed and gone topics since the last result of this mode, which this one tells.

        They are told once the running transaction is committed.
        """
        counts = crawl_state.take(self.connection, self.site, CHANGES + self.mode) or {}
        return counts.get("new", 0), counts.get("changed", 0), counts.get("gone", 0)

    def _take(self, number: int, reply: Reply) -> None:
        found = [read for read in topic.read_all(reply.value or ()) if read.id == number]
        if found:
            self.keep(found)
            topics.fill_gaps(self.connection, self.site, [number])
        elif reply.failing:
            before = topics.gap(self.connection, self.site, number)
            self._unknown(number, "failing" if before is None else "unreadable")
        else:
            self._miss(number, deleted=not reply.value or _deleted(reply.value, number))

    def _miss(self, number: int, deleted: bool) -> None:
        """Note a topic that the forum does not have, or shows in a way that cannot be read."""
        again = self.now() + LOOK_AGAIN
        if not deleted:
            self._unknown(number, "unreadable")
        elif topics.mark_gone(self.connection, self.site, number, self.now(), again):
            self._count(0, 0, 1)
        else:
            self._unknown(number, "missing")

    def _unknown(self, number: int, reason: str) -> None:
        """A topic that is stored stays as it is until its next age; another is a gap."""
        if not topics.touch(self.connection, self.site, number, self.now()):
            self._gap(number, reason)

    def _gap(self, number: int, reason: str) -> None:
        topics.record_gap(self.connection, self.site, number, reason, self.now())

    def _count(self, new: int, changed: int, gone: int) -> None:
        self.new += new
        self.changed += changed
        self.gone += gone
        if new or changed or gone:
            counts = {"new": new, "changed": changed, "gone": gone}
            crawl_state.add(self.connection, self.site, CHANGES + self.mode, counts)


def _deleted(values: Iterable[Any], number: int) -> bool:
    return any(topic.topic_id(value) == number and topic.is_deleted(value) for value in values)
