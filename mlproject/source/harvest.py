"""What every way of crawling does with an answer: store topics, note what is not there, count."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlproject.source import request, topic
from mlproject.source.request import Request
from mlproject.source.schedule import Reply, Schedule
from mlproject.source.topic import Topic
from mlproject.store import crawl_state, topics
from mlproject.store.topics import Stored

CHANGES = "changes:"  # prefix of the key in crawl_state: what no result has told yet, by mode


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
        stored = topics.store(self.connection, self.site, found, self.now())
        self._count(stored.new, stored.changed, 0)
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
            topics.fill_gap(self.connection, self.site, number)
        elif reply.failing:
            before = topics.gap(self.connection, self.site, number)
            self._unknown(number, "failing" if before is None else "unreadable")
        elif reply.value and not _deleted(reply.value, number):
            self._unknown(number, "unreadable")
        elif topics.mark_gone(self.connection, self.site, number, self.now()):
            self._count(0, 0, 1)
        else:
            self._gap(number, "missing")

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
    return any(topic.topic_id(value) == number and value.get("deleted") for value in values)
