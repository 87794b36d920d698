"""A small forum and its crawler, both on one virtual clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from examples.standin.app import StandIn
from examples.standin.posts import Post
from mlproject.settings import Settings
from mlproject.source.crawl import Order, Outcome, crawl
from mlproject.store.connection import connect

START = 1_700_000_000.0
TOKEN = "a-token"


class VirtualClock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


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

    def crawl(self, order: Order) -> Outcome:
        with self.connect() as connection:
            return crawl(order, connection, self.settings, self.clock)

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
