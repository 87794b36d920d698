"""A small forum and its crawler, both on one virtual clock."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from examples.standin.app import StandIn
from examples.standin.clock import VirtualClock
from examples.standin.forum import Forum
from examples.standin.posts import Post
from mlproject.errors import TryLaterError
from mlproject.settings import Settings
from mlproject.source.crawl import Order, Outcome, crawl
from mlproject.store.connection import connect

START = 1_700_000_000.0
TOKEN = "a-token"


def new_topics(ends: Sequence[Outcome | TryLaterError]) -> int:
    """How many topics the results of these runs tell."""
    return sum(end.topics_new for end in ends if isinstance(end, Outcome))


def posts(count: int, first: int = 1, node: str = "qna") -> list[Post]:
    """Posts of the last days before ``START``, one an hour, the newest with the highest id."""
    return [
        Post(
            id=first + index,
            title=f"题目 {first + index}",
            content=f"正文 {first + index}\r\n第二行",
            node=node,
            created=int(START) - 3600 * (count - index),
            author=f"user_{index % 7}",
        )
        for index in range(count)
    ]


@dataclass
class World:
    """A forum, the clock it shares with its crawler, and a database."""

    stand_in: StandIn
    settings: Settings
    clock: VirtualClock

    @property
    def forum(self) -> Forum:
        assert isinstance(self.stand_in.forum, Forum)
        return self.stand_in.forum

    def crawl(self, order: Order) -> Outcome:
        with self.connect() as connection:
            return crawl(order, connection, self.settings, self.clock)

    def crawl_on(self, order: Order) -> list[Outcome | TryLaterError]:
        """Again and again, as Airflow does, until nothing is left; how each run ended."""
        ends: list[Outcome | TryLaterError] = []
        while True:
            try:
                ends.append(outcome := self.crawl(order))
            except TryLaterError as error:
                ends.append(error)
                self.clock.sleep(error.after if error.after is not None else 60)
            else:
                if outcome.done:
                    return ends

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with connect(self.settings) as connection:
            yield connection

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def ids(self) -> list[object]:
        return [number for (number,) in self.rows("SELECT id FROM topic ORDER BY id")]

    def paths(self) -> list[str]:
        return [f"{seen.path}?{seen.query}" for seen in self.stand_in.seen]


Build = Callable[..., World]  # posts, then quota, faults and settings by name
