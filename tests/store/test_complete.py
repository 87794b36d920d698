"""Topics completed by what is stored."""

from dataclasses import replace
from datetime import UTC, datetime

from mlproject.settings import Settings
from mlproject.source.topic import Topic
from mlproject.store import topics
from mlproject.store.complete import complete
from mlproject.store.connection import connect

SITE = "v2ex.com"
NOW = datetime(2026, 1, 31, tzinfo=UTC)


def test_only_what_a_topic_lacks_is_taken_from_the_stored_one(database: Settings) -> None:
    whole = Topic(1, "题目", "正文", "qna", None, NOW, None)
    bare = replace(whole, title="", content="")
    given = [
        replace(bare, title="新", lacking=("content",)),
        replace(bare, id=2, lacking=("title", "content")),
        replace(bare, id=3),
    ]
    with connect(database) as connection:
        topics.store(connection, SITE, [whole, replace(whole, id=3)], NOW)
        found = complete(connection, SITE, given)
    assert [(topic.title, topic.content) for topic in found] == [("新", "正文"), ("", ""), ("", "")]
