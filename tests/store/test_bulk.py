"""COPY in and out, and topics in bulk, on a real Postgres."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source.topic import Topic
from mlproject.store import topics
from mlproject.store.bulk import store_topics
from mlproject.store.connection import connect
from mlproject.store.copy import copy_in, copy_out
from mlproject.store.topics import Stored

SITE = "v2ex.com"
NOW = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)


@pytest.fixture
def connection(database: Settings) -> Iterator[Connection]:
    with connect(database) as connection:
        yield connection


def topic(number: int, content: str = "正文") -> Topic:
    return Topic(number, "题目", content, "qna", "0123456789abcdef", NOW, None)


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
    store_topics(connection, SITE, [given, topic(2)], NOW)
    (read, _) = topics.read(connection, SITE)
    assert (read.title, read.content) == (text + "x", text)


def test_nothing_is_not_the_empty_text(connection: Connection) -> None:
    given = replace(topic(1), node=None, author="", last_modified=NOW)
    store_topics(connection, SITE, [given], NOW)
    assert several(connection) == [(1, "题目", "正文", None, "", NOW, NOW)]


def test_bulk_does_what_store_does(connection: Connection) -> None:
    before = [topic(number) for number in range(1, 7)]
    given = [
        topic(1),
        replace(topic(2), title="新"),
        replace(topic(3), node=None, author=None),
        replace(topic(4), node="life", last_modified=NOW),
        topic(7),
    ]
    later = NOW + timedelta(hours=1)
    for site, store in (("one", topics.store), ("two", store_topics)):
        topics.store(connection, site, before, NOW)
        topics.mark_gone(connection, site, 1, NOW)
        assert store(connection, site, given, later) == Stored(new=1, changed=2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(topic) - 'site' FROM topic ORDER BY site, id")
        rows = [row for (row,) in cursor.fetchall()]
    assert rows[:7] == rows[7:]


def test_more_rows_than_a_block_are_all_stored(connection: Connection) -> None:
    given = (topic(number, "长" * 500) for number in range(1, 3001))
    assert store_topics(connection, SITE, given, NOW) == Stored(new=3000, changed=0)
    assert len(several(connection)) == 3000


def test_an_error_of_the_rows_comes_out_as_it_is_and_nothing_is_stored(
    database: Settings, connection: Connection
) -> None:
    def broken() -> Iterator[Topic]:
        yield from (topic(number) for number in range(1, 2000))
        raise InputError("line 2000 is not a topic")

    with pytest.raises(InputError, match="line 2000"), connect(database) as other:
        store_topics(other, SITE, broken(), NOW)
    assert several(connection) == []


def test_rows_that_were_copied_out_can_be_copied_in(connection: Connection) -> None:
    store_topics(connection, SITE, [topic(1, "a\tb\\\n"), replace(topic(2), node=None)], NOW)
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
