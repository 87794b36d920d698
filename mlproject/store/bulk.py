"""Many topics at once: COPY into a table of the transaction, then one upsert."""

from collections.abc import Iterable
from datetime import datetime

from psycopg2.extensions import connection as Connection

from mlproject.source.topic import Topic
from mlproject.store.copy import copy_in
from mlproject.store.topics import Stored

COLUMNS = ("id", "title", "content", "node", "author", "created", "last_modified")

GIVEN = """
CREATE TEMPORARY TABLE given (
    id bigint, title text, content text, node text, author text,
    created timestamptz, last_modified timestamptz
) ON COMMIT DROP
"""

COUNT = """
SELECT
    count(*) FILTER (WHERE old.id IS NULL),
    count(*) FILTER (
        WHERE old.id IS NOT NULL
        AND (old.title, old.content, old.node)
            IS DISTINCT FROM (given.title, given.content, coalesce(given.node, old.node))
    )
FROM given LEFT JOIN topic AS old ON old.site = %s AND old.id = given.id
"""

UPSERT = """
INSERT INTO topic AS old (
    site, id, title, content, node, author, created, last_modified, first_seen, last_seen
)
SELECT %s, given.*, %s, %s FROM given
ON CONFLICT (site, id) DO UPDATE
SET title = excluded.title, content = excluded.content,
    node = coalesce(excluded.node, old.node), author = coalesce(excluded.author, old.author),
    created = excluded.created,
    last_modified = coalesce(excluded.last_modified, old.last_modified),
    last_seen = excluded.last_seen, gone = false
"""


def store_topics(
    connection: Connection, site: str, topics: Iterable[Topic], seen: datetime
) -> Stored:
    """What ``topics.store`` does, for many topics and in flat memory; each id once."""
    rows = (
        (row.id, row.title, row.content, row.node, row.author, row.created, row.last_modified)
        for row in topics
    )
    with connection.cursor() as cursor:
        cursor.execute(GIVEN)
        copy_in(connection, "given", COLUMNS, rows)
        cursor.execute(COUNT, (site,))
        new, changed = cursor.fetchone() or (0, 0)
        cursor.execute(UPSERT, (site, seen, seen))
        cursor.execute("DROP TABLE given")
    return Stored(new, changed)
