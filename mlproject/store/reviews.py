"""What people said about forum posts: a new row each time, the latest counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
SELECT %(site)s, id, title, content, created FROM given ORDER BY id, n
ON CONFLICT (site, id) DO NOTHING
"""

INSERT_REVIEWS = """
INSERT INTO review (site, topic_id, task, label, reviewer, role)
SELECT %(site)s, id, %(task)s, label, %(reviewer)s, %(role)s FROM given
WHERE NOT EXISTS (
    SELECT FROM review AS old
    WHERE (old.site, old.topic_id, old.task, old.label, old.reviewer, old.role)
        = (%(site)s, given.id, %(task)s, given.label, %(reviewer)s, %(role)s)
)
GROUP BY id, label
ORDER BY min(n)
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
    topic_id: int
    title: str
    content: str
    created: datetime
    label: str


def store(
    connection: Connection,
    site: str,
    task: str,
    reviewer: str,
    role: str,
    rows: Iterable[NewReview],
) -> int:
    """Store the posts and their reviews; what this reviewer said before is not said again.

    ``rows`` is read as it is sent.
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
        cursor.execute("DROP TABLE given")
    return int(new)


def latest(connection: Connection, task: str) -> list[ReviewedPost]:
    """The latest review of every reviewed post."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, (task,))
        return [
            ReviewedPost(Topic(site, topic_id, title, content), label, reviewer, role, created)
            for site, topic_id, title, content, label, reviewer, role, created in cursor
        ]
