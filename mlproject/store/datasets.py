"""What an export reads, streamed, and which data sets were exported."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from psycopg2.extensions import connection as Connection

from mlproject.dataset.assemble import CorpusText, ReviewedPost, Topic

BATCH = 2_000  # rows fetched at a time

# The latest review of each post; those of the evaluation first.
REVIEWS = """
SELECT site, topic_id, title, content, author, label, reviewer, role, created FROM (
    SELECT DISTINCT ON (review.site, review.topic_id)
        review.site, review.topic_id, topic.title, topic.content, topic.author,
        review.label, review.reviewer, review.role, topic.created
    FROM review JOIN topic ON topic.site = review.site AND topic.id = review.topic_id
    WHERE review.task = %s
    ORDER BY review.site, review.topic_id, review.id DESC
) AS latest ORDER BY role <> 'evaluation', site COLLATE "C", topic_id
"""

# The columns of the text, in the order of the primary key: no sort.
TEXTS = """
SELECT text, label, source, role FROM corpus_text WHERE task = %s ORDER BY content_hash
"""

TOPICS = "SELECT site, id, title, content, author FROM topic WHERE NOT gone ORDER BY site, id"


def read_reviews(connection: Connection, task: str) -> Iterator[ReviewedPost]:
    for row in _stream(connection, "reviews", REVIEWS, (task,)):
        site, number, title, content, author, label, reviewer, role, created = row
        topic = Topic(site, number, title, content, author or "")
        yield ReviewedPost(topic, label, reviewer, role, created)


def read_texts(connection: Connection, task: str) -> Iterator[CorpusText]:
    for row in _stream(connection, "texts", TEXTS, (task,)):
        yield CorpusText(*row)


def read_topics(connection: Connection) -> Iterator[Topic]:
    """Topics that are not gone."""
    for site, number, title, content, author in _stream(connection, "topics", TOPICS, ()):
        yield Topic(site, number, title, content, author or "")


def count_topics(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM topic WHERE NOT gone")
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def record(connection: Connection, manifest: Mapping[str, Any]) -> None:
    """Note a data set once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dataset (id, task, manifest) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (manifest["dataset_id"], manifest["task"], json.dumps(manifest)),
        )


def _stream(
    connection: Connection, name: str, query: str, values: tuple[object, ...]
) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name=name) as cursor:
        cursor.itersize = BATCH
        cursor.execute(query, values)
        yield from cursor
