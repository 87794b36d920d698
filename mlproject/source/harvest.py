"""What every way of crawling does with an answer: store topics, note what is not there, count."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlproject.source import request, topic
from mlproject.source.schedule import Schedule
from mlproject.source.topic import Topic
from mlproject.store import topics
from mlproject.store.topics import Stored


@dataclass
class Harvest:
    schedule: Schedule
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
        self.new += stored.new
        self.changed += stored.changed
        return stored

    def show(self, number: int) -> None:
        """Ask for one topic: it is stored, marked gone, or noted as a gap."""
        with self.schedule.turn(request.show(number)) as value:
            found = [read for read in topic.read_all(value or ()) if read.id == number]
            if found:
                self.keep(found)
            elif value and not _deleted(value, number):
                self._gap(number, "unreadable")
            else:
                self._missing(number)

    def _missing(self, number: int) -> None:
        if topics.mark_gone(self.connection, self.site, number, self.now()):
            self.gone += 1
        else:
            self._gap(number, "missing")

    def _gap(self, number: int, reason: str) -> None:
        topics.record_gap(self.connection, self.site, number, reason, self.now())


def _deleted(values: Iterable[Any], number: int) -> bool:
    return any(topic.topic_id(value) == number and value.get("deleted") for value in values)
