"""Topics on a real Postgres."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source.topic import Topic
from mlproject.store import crawl_state, topics
from mlproject.store.connection import connect
from mlproject.store.topics import Stored

SITE = "v2ex.com"
NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture
def connection(database: Settings) -> Iterator[Connection]:
    with connect(database) as connection:
        yield connection


def topic(number: int, created: datetime = NOW) -> Topic:
    return Topic(number, "题目", "正文", "qna", "0123456789abcdef", created, None)


def row(connection: Connection, columns: str, number: int) -> tuple[object, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM topic WHERE id = %s", (number,))
        return cursor.fetchone()


def test_new_topics_are_counted_and_readable(connection: Connection) -> None:
    assert topics.store(connection, SITE, [topic(1), topic(2)], NOW) == Stored(new=2, changed=0)
    assert [read.id for read in topics.read(connection, SITE)] == [1, 2]


def test_the_same_again_changes_nothing_but_when_it_was_seen(connection: Connection) -> None:
    later = NOW + timedelta(hours=1)
    topics.store(connection, SITE, [topic(1)], NOW)
    assert topics.store(connection, SITE, [topic(1)], later) == Stored(new=0, changed=0)
    assert row(connection, "first_seen, last_seen", 1) == (NOW, later)


@pytest.mark.parametrize(
    "edited",
    [
        replace(topic(1), title="新"),
        replace(topic(1), content=""),
        replace(topic(1), node="life"),
    ],
)
def test_another_title_content_or_node_is_a_change(connection: Connection, edited: Topic) -> None:
    topics.store(connection, SITE, [topic(1)], NOW)
    assert topics.store(connection, SITE, [edited], NOW) == Stored(new=0, changed=1)


def test_a_copy_without_node_and_author_keeps_them(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(1)], NOW)
    bare = replace(topic(1), node=None, author=None)
    assert topics.store(connection, SITE, [bare], NOW) == Stored(new=0, changed=0)
    assert row(connection, "node, author", 1) == ("qna", "0123456789abcdef")


def test_sites_do_not_mix(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(1)], NOW)
    topics.store(connection, "127.0.0.1", [topic(1)], NOW)
    assert len(list(topics.read(connection))) == 2
    assert len(list(topics.read(connection, SITE))) == 1


def test_gone_topics_stay_but_are_not_read(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(1)], NOW)
    assert topics.mark_gone(connection, SITE, 1, NOW)
    assert not topics.mark_gone(connection, SITE, 1, NOW)
    assert row(connection, "gone, title", 1) == (True, "题目")
    assert list(topics.read(connection)) == []


def test_a_topic_that_is_back_is_not_gone(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(1)], NOW)
    topics.mark_gone(connection, SITE, 1, NOW)
    topics.store(connection, SITE, [topic(1)], NOW)
    assert row(connection, "gone", 1) == (False,)


def test_missing_ids_are_neither_stored_nor_gaps(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(2), topic(5)], NOW)
    topics.record_gap(connection, SITE, 3, "missing", NOW)
    topics.record_gap(connection, SITE, 3, "missing", NOW)
    assert topics.missing(connection, SITE, 1, 6) == [1, 4, 6]


def test_the_highest_id_is_that_of_a_crawled_topic(connection: Connection) -> None:
    imported = replace(topic(9), node=None)
    topics.store(connection, SITE, [topic(2), topic(5), imported], NOW)
    assert topics.highest(connection, SITE) == 5
    assert topics.highest(connection, "127.0.0.1") is None


@pytest.mark.parametrize(
    ("age", "seen_at_age", "expected"),
    [
        (0.5, 0.0, False),
        (1.0, 0.0, True),
        (1.5, 1.0, False),
        (5.0, 1.0, True),
        (40.0, 4.0, True),
        (40.0, 30.0, False),
        (3000.0, 2999.0, False),
    ],
)
def test_topics_are_due_when_they_reach_an_age_unseen(
    connection: Connection, age: float, seen_at_age: float, expected: bool
) -> None:
    created = NOW - timedelta(days=age)
    topics.store(connection, SITE, [topic(1, created)], created + timedelta(days=seen_at_age))
    assert bool(topics.due(connection, SITE, (1, 5, 30), NOW, 0, 10)) is expected


def test_gone_topics_are_not_due(connection: Connection) -> None:
    created = NOW - timedelta(days=2)
    topics.store(connection, SITE, [topic(1, created)], created)
    topics.mark_gone(connection, SITE, 1, created)
    assert topics.due(connection, SITE, (1,), NOW, 0, 10) == []


def test_states_are_overwritten_and_found_by_prefix(connection: Connection) -> None:
    crawl_state.write(connection, SITE, {"node:a_b": {"page": 1}, "nodes": ["a_b"]})
    crawl_state.write(connection, SITE, {"node:a_b": {"page": 2}})
    assert crawl_state.read(connection, SITE, "nodes") == ["a_b"]
    assert crawl_state.read(connection, SITE, "other") is None
    assert crawl_state.read_prefix(connection, SITE, "node:") == {"a_b": {"page": 2}}


def test_one_session_at_a_time_holds_the_lock_of_a_site(
    connection: Connection, database: Settings
) -> None:
    with connect(database) as other:
        assert crawl_state.lock(connection, SITE, 0.01)
        assert not crawl_state.lock(other, SITE, 0.01)
        assert crawl_state.lock(other, "127.0.0.1", 0.01)
        crawl_state.unlock(connection, SITE)
        assert crawl_state.lock(other, SITE, 0.01)


def test_counts_add_up_until_they_are_taken(connection: Connection) -> None:
    for changed in (0, 5):
        crawl_state.add(connection, SITE, "changes:new", {"new": 2, "changed": changed})
    assert crawl_state.take(connection, SITE, "changes:new") == {"new": 4, "changed": 5}
    assert crawl_state.take(connection, SITE, "changes:new") is None


def test_an_id_that_failed_is_due_a_day_later(connection: Connection) -> None:
    topics.record_gap(connection, SITE, 7, "failing", NOW)
    topics.record_gap(connection, SITE, 8, "missing", NOW)
    days = [topics.due(connection, SITE, (1,), NOW + timedelta(days=n), 0, 10) for n in (0, 1)]
    assert days == [[], [7]]
    assert topics.gap(connection, SITE, 7) == "failing"
    topics.fill_gap(connection, SITE, 7)
    assert topics.gap(connection, SITE, 7) is None


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a few topics were many."""
    monkeypatch.setattr(topics, "MANY", 1)


def test_many_topics_are_stored_like_few(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [topic(number) for number in range(1, 7)]
    given = [
        topic(1),
        replace(topic(2), title="新"),
        replace(topic(3), node=None, author=None),
        replace(topic(4), node="life", last_modified=NOW),
        topic(7),
    ]
    later = NOW + timedelta(hours=1)
    for site, many in (("one", 1000), ("two", 2)):
        monkeypatch.setattr(topics, "MANY", many)
        topics.store(connection, site, before, NOW)
        topics.mark_gone(connection, site, 1, NOW)
        assert topics.store(connection, site, given, later) == Stored(new=1, changed=2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(topic) - 'site' FROM topic ORDER BY site, id")
        rows = [row for (row,) in cursor.fetchall()]
    assert rows[:7] == rows[7:]


@pytest.mark.usefixtures("copied")
def test_many_topics_come_from_anything_that_can_be_read_once(connection: Connection) -> None:
    given = (topic(number) for number in range(1, 3001))
    assert topics.store(connection, SITE, given, NOW) == Stored(new=3000, changed=0)
    assert topics.store(connection, SITE, iter(()), NOW) == Stored(new=0, changed=0)


@pytest.mark.usefixtures("copied")
def test_a_broken_source_of_many_topics_stores_nothing(
    database: Settings, connection: Connection
) -> None:
    def broken() -> Iterator[Topic]:
        yield from (topic(number) for number in range(1, 2000))
        raise InputError("line 2000 is not a topic")

    with pytest.raises(InputError, match="line 2000"), connect(database) as other:
        topics.store(other, SITE, broken(), NOW)
    assert topics.highest(connection, SITE) is None


def test_a_gone_topic_is_due_once_more_at_the_given_time(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(1)], NOW)
    topics.mark_gone(connection, SITE, 1, NOW, NOW + timedelta(days=1))
    days = [topics.due(connection, SITE, (), NOW + timedelta(days=n), 0, 10) for n in (0, 1)]
    assert days == [[], [1]]
    topics.touch(connection, SITE, 1, NOW)
    assert topics.due(connection, SITE, (), NOW + timedelta(days=9), 0, 10) == []


def test_a_topic_that_comes_back_as_it_was_is_counted_apart(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(1), topic(2)], NOW)
    for number in (1, 2):
        topics.mark_gone(connection, SITE, number, NOW)
    stored = topics.store(connection, SITE, [topic(1), replace(topic(2), title="新")], NOW)
    assert (stored.new, stored.changed, stored.back) == (0, 1, 1)


def test_missing_ids_are_counted(connection: Connection) -> None:
    topics.store(connection, SITE, [topic(2)], NOW)
    topics.record_gap(connection, SITE, 3, "missing", NOW)
    assert topics.count_missing(connection, SITE, 1, 6) == 4
