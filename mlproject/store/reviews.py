"""What was said about forum posts: a new row each time, the latest counts.

A review may come before its post; it counts once the post is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from psycopg2.extensions import connection as Connection

from mlproject.dataset.assemble import ReviewedPost, Topic
from mlproject.store.copy import copy_in

GIVEN = """
CREATE TEMPORARY TABLE given (
    n bigint GENERATED ALWAYS AS IDENTITY,
    id bigint, title text, content text, created timestamptz, label text
) ON COMMIT DROP
"""

LOCK = "SELECT pg_advisory_xact_lock(hashtext('review'), hashtext(%s))"

# A post that the crawl has stored is not overwritten by a file's copy of it.
INSERT_TOPICS = """
INSERT INTO topic (site, id, title, content, created)
SELECT %(site)s, id, title, content, created FROM given WHERE created IS NOT NULL ORDER BY id, n
ON CONFLICT (site, id) DO NOTHING
"""

INSERT_REVIEWS = """
INSERT INTO review (site, topic_id, task, label, reviewer, role)
SELECT %(site)s, id, %(task)s, label, %(reviewer)s, %(role)s FROM given
WHERE NOT EXISTS (
    SELECT FROM review AS old
    WHERE (old.site, old.topic_id, old.task, old.label, old.reviewer, old.role)
        = (%(site)s, given.id, %(task)s, given.label, %(reviewer)s, %(role)s)
) AND NOT EXISTS (
    SELECT FROM review AS tested
    WHERE (tested.site, tested.topic_id, tested.task, tested.role)
        = (%(site)s, given.id, %(task)s, 'evaluation')
    AND %(role)s = 'training'
)
GROUP BY id, label
ORDER BY min(n)
"""

WAITING = """
SELECT count(DISTINCT id) FROM given
WHERE NOT EXISTS (SELECT FROM topic WHERE (topic.site, topic.id) = (%(site)s, given.id))
"""

LATEST = """
SELECT DISTINCT ON (review.site, review.topic_id)
    review.site, review.topic_id, topic.title, topic.content,
    review.label, review.reviewer, review.role, topic.created
FROM review JOIN topic ON topic.site = review.site AND topic.id = review.topic_id
WHERE review.task = %s
ORDER BY review.site, review.topic_id, review.id DESC
"""


@dataclass(frozen=True, slots=True)
class NewReview:
    """A label of a post, with the post or, without ``created``, of its id alone."""

    topic_id: int
    label: str
    title: str = ""
    content: str = ""
    created: datetime | None = None


class Stored(NamedTuple):
    new: int
    waiting: int  # posts that are not stored yet


def store(
    connection: Connection,
    site: str,
    task: str,
    reviewer: str,
    role: str,
    rows: Iterable[NewReview],
) -> Stored:
    """Store the posts and their reviews; what this reviewer said before is not said again.

    What is said for training of a post that the task is evaluated on is left out. ``rows`` is
    read as it is sent.
    """
    values = ((row.topic_id, row.title, row.content, row.created, row.label) for row in rows)
    said = {"site": site, "task": task, "reviewer": reviewer, "role": role}
    with connection.cursor() as cursor:
        cursor.execute(GIVEN)
        copy_in(connection, "given", ("id", "title", "content", "created", "label"), values)
        cursor.execute(LOCK, (task,))
        cursor.execute(INSERT_TOPICS, said)
        cursor.execute(INSERT_REVIEWS, said)
        new = cursor.rowcount
        cursor.execute(WAITING, said)
        (waiting,) = cursor.fetchone() or (0,)
        cursor.execute("DROP TABLE given")
    return Stored(int(new), int(waiting))


def latest(connection: Connection, task: str) -> list[ReviewedPost]:
    """The latest review of every stored post that has one."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, (task,))
        return [
            ReviewedPost(Topic(site, topic_id, title, content), label, reviewer, role, created)
            for site, topic_id, title, content, label, reviewer, role, created in cursor
        ]
