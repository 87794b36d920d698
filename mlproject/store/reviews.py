"""What people said about forum posts: a new row each time, the latest counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from mlproject.dataset.assemble import ReviewedPost, Topic

# A post that the crawl has stored is not overwritten by a file's copy of it.
INSERT_TOPICS = """
INSERT INTO topic (site, id, title, content, created) VALUES %s
ON CONFLICT (site, id) DO NOTHING
"""

INSERT_REVIEWS = """
INSERT INTO review (site, topic_id, task, label, reviewer, role)
SELECT new.site, new.topic_id, new.task, new.label, new.reviewer, new.role
FROM (VALUES %s) AS new (site, topic_id, task, label, reviewer, role)
WHERE NOT EXISTS (
    SELECT FROM review AS old
    WHERE (old.site, old.topic_id, old.task, old.label, old.reviewer, old.role)
        = (new.site, new.topic_id, new.task, new.label, new.reviewer, new.role)
)
RETURNING 1
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
    rows: Sequence[NewReview],
) -> int:
    """Store the posts and their reviews; what this reviewer said before is not said again."""
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            INSERT_TOPICS,
            [(site, row.topic_id, row.title, row.content, row.created) for row in rows],
            page_size=500,
        )
        said = execute_values(
            cursor,
            INSERT_REVIEWS,
            [(site, row.topic_id, task, row.label, reviewer, role) for row in rows],
            page_size=500,
            fetch=True,
        )
    return len(said)


def latest(connection: Connection, task: str) -> list[ReviewedPost]:
    """The latest review of every reviewed post."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, (task,))
        return [
            ReviewedPost(Topic(site, topic_id, title, content), label, reviewer, role, created)
            for site, topic_id, title, content, label, reviewer, role, created in cursor
        ]
