"""Reading topics from JSON as the forum really sends it."""

from datetime import UTC, datetime

import pytest

from mlproject.source.topic import Topic, pseudonym, read, read_all


def test_reads_a_full_topic() -> None:
    value = {
        "id": 7,
        "title": "题目",
        "content": "一\r\n二",
        "created": 1_600_000_000,
        "last_modified": 1_600_000_100,
        "member": {"username": "somebody"},
        "node": {"name": "qna"},
    }
    assert read(value) == Topic(
        id=7,
        title="题目",
        content="一\r\n二",
        node="qna",
        author=pseudonym("somebody"),
        created=datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC),
        last_modified=datetime(2020, 9, 13, 12, 28, 20, tzinfo=UTC),
    )


def test_a_username_is_kept_as_16_hex_digits_of_its_hash() -> None:
    assert pseudonym("abc") == "ba7816bf8f01cfea"


def test_a_list_of_one_node_lends_its_name() -> None:
    topic = read({"id": 7, "created": 1_600_000_000}, node="qna")
    assert topic is not None
    assert (topic.node, topic.author) == ("qna", None)


def test_missing_and_null_fields_are_empty() -> None:
    topic = read({"id": 7, "created": 1_600_000_000, "title": None, "member": None, "node": None})
    assert topic is not None
    assert (topic.title, topic.content, topic.node, topic.last_modified) == ("", "", None, None)


@pytest.mark.parametrize(
    "value",
    [
        {},
        None,
        "text",
        {"id": "7", "created": 1},
        {"id": True, "created": 1},
        {"id": 2**63, "created": 1},
        {"id": 7},
        {"id": 7, "created": 1e300},
        {"id": 7, "created": 1_600_000_000, "deleted": 1},
    ],
)
def test_what_is_no_topic_is_none(value: object) -> None:
    assert read(value) is None


def test_text_that_postgres_cannot_hold_is_replaced() -> None:
    topic = read({"id": 7, "created": 1, "title": "a\x00b", "content": "c\ud83dd"})
    assert topic is not None
    assert (topic.title, topic.content) == ("ab", "c?d")


def test_an_id_twice_in_a_list_is_read_once_the_later_one() -> None:
    values = [{"id": 7, "created": 1, "title": title} for title in ("old", "new")]
    assert [topic.title for topic in read_all(values)] == ["new"]
