"""COPY in and out on a real Postgres."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source.topic import Topic
from mlproject.store import topics
from mlproject.store.connection import connect
from mlproject.store.copy import copy_in, copy_out

SITE = "v2ex.com"
NOW = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)

FIELDS = ("id", "title", "content", "node", "author", "created", "last_modified")


@pytest.fixture
def connection(database: Settings) -> Iterator[Connection]:
    with connect(database) as connection:
        yield connection


def topic(number: int, content: str = "正文") -> Topic:
    return Topic(number, "题目", content, "qna", "0123456789abcdef", NOW, None)


def copied(connection: Connection, *given: Topic) -> None:
    rows = [(SITE, *(getattr(row, name) for name in FIELDS)) for row in given]
    assert copy_in(connection, "topic", ("site", *FIELDS), rows) == len(given)


def several(connection: Connection) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, title, content, node, author, created, last_modified FROM topic ORDER BY id"
        )
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    "text",
    [
        *("", "\\", "\\N", "\\.", "a\n\\.\nb", "\t", "\r\n", "\r", "\\n", '"', "'", "NULL"),
        *("\x01\x1e\x1f\x7f", "\u2028", "𠮷😀", "e\u0301"),
    ],
)
def test_every_text_comes_back_as_it_went_in(connection: Connection, text: str) -> None:
    given = replace(topic(1, text), title=text + "x")
    copied(connection, given, topic(2))
    (read, _) = topics.read(connection, SITE)
    assert (read.title, read.content) == (text + "x", text)


def test_nothing_is_not_the_empty_text(connection: Connection) -> None:
    given = replace(topic(1), node=None, author="", last_modified=NOW)
    copied(connection, given)
    assert several(connection) == [(1, "题目", "正文", None, "", NOW, NOW)]


def test_more_rows_than_a_block_are_all_copied(connection: Connection) -> None:
    rows = ((number, "长" * 500) for number in range(1, 3001))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE given (id int, content text)")
        assert copy_in(connection, "given", ("id", "content"), rows) == 3000
        cursor.execute("SELECT count(*), min(length(content)), max(id) FROM given")
        assert cursor.fetchone() == (3000, 500, 3000)


def test_an_error_of_the_rows_comes_out_as_it_is_and_nothing_is_stored(
    database: Settings, connection: Connection
) -> None:
    def broken() -> Iterator[tuple[object, ...]]:
        yield from ((SITE, number, "题目", "正文", NOW) for number in range(1, 2000))
        raise InputError("line 2000 is not a topic")

    columns = ("site", "id", "title", "content", "created")
    with pytest.raises(InputError, match="line 2000"), connect(database) as other:
        copy_in(other, "topic", columns, broken())
    assert several(connection) == []


def test_rows_that_were_copied_out_can_be_copied_in(connection: Connection) -> None:
    copied(connection, topic(1, "a\tb\\\n"), replace(topic(2), node=None))
    before = several(connection)
    file = io.BytesIO()
    copy_out(connection, "SELECT * FROM topic", file)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM topic")
        cursor.copy_expert("COPY topic FROM STDIN", io.BytesIO(file.getvalue()))
    assert several(connection) == before


def test_a_table_takes_any_columns(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute('CREATE TEMPORARY TABLE "odd ""name" (a int, b boolean, c float)')
        assert copy_in(connection, 'odd "name', ("b", "a", "c"), [(True, 1, 0.5)] * 3) == 3
        cursor.execute('SELECT DISTINCT a, b, c FROM "odd ""name"')
        assert cursor.fetchall() == [(1, True, 0.5)]
