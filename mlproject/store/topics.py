"""Forum topics in Postgres."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from operator import attrgetter

from psycopg2.extensions import connection as Connection

from mlproject.dataset.assemble import Topic as StoredTopic
from mlproject.source.topic import Topic
from mlproject.store.copy import copy_in

COLUMNS = ("id", "title", "content", "node", "author", "created", "last_modified")
MANY = 1000  # topics from which on COPY is faster than arrays

ARRAYS = """
SELECT * FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::timestamptz[]
) AS given (id, title, content, node, author, created, last_modified)
"""

TABLE = """
CREATE TEMPORARY TABLE many (
    id bigint, title text, content text, node text, author text,
    created timestamptz, last_modified timestamptz
) ON COMMIT DROP
"""

# All parts of one statement see the table as it was before: `old` is the row that is replaced.
UPSERT = """
WITH given AS NOT MATERIALIZED ({given}), written AS (
    INSERT INTO topic AS old (
        site, id, title, content, node, author, created, last_modified, first_seen, last_seen
    )
    SELECT %s, given.*, %s, %s FROM given
    ON CONFLICT (site, id) DO UPDATE
    SET title = excluded.title, content = excluded.content,
        node = coalesce(excluded.node, old.node), author = coalesce(excluded.author, old.author),
        created = excluded.created,
        last_modified = coalesce(excluded.last_modified, old.last_modified),
        last_seen = excluded.last_seen, gone = false, look_again = NULL
)
SELECT
    count(*) FILTER (WHERE old.id IS NULL),
    count(*) FILTER (
        WHERE old.id IS NOT NULL
        AND (old.title, old.content, old.node)
            IS DISTINCT FROM (given.title, given.content, coalesce(given.node, old.node))
    ),
    count(*) FILTER (
        WHERE old.gone
        AND (old.title, old.content, old.node)
            IS NOT DISTINCT FROM (given.title, given.content, coalesce(given.node, old.node))
    )
FROM given LEFT JOIN topic AS old ON old.site = %s AND old.id = given.id
"""

MISSING = """
SELECT number FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS number
EXCEPT SELECT id FROM topic WHERE site = %(site)s AND id BETWEEN %(first)s AND %(last)s
EXCEPT SELECT id FROM topic_gap WHERE site = %(site)s AND id BETWEEN %(first)s AND %(last)s
ORDER BY number
"""

GONE = """
UPDATE topic SET gone = true, last_seen = %s, look_again = %s
WHERE site = %s AND id = %s AND NOT gone
"""

GAP = """
INSERT INTO topic_gap (site, id, reason, seen) VALUES (%s, %s, %s, %s)
ON CONFLICT (site, id) DO UPDATE SET reason = excluded.reason, seen = excluded.seen
"""

# A topic is due when it reached one of the ages since it was last looked at. The condition with
# 720 hours, the greatest age, is that of the index topic_young. Ids that failed get a second look.
DUE = """
(SELECT id FROM topic
WHERE site = %(site)s AND NOT gone AND id > %(after)s
AND last_seen - created < interval '720 hours' AND EXISTS (
    SELECT FROM unnest(%(days)s::int[]) AS age (days)
    WHERE last_seen - created < make_interval(hours => 24 * days)
    AND %(now)s - created >= make_interval(hours => 24 * days)
) ORDER BY id LIMIT %(limit)s)
UNION
(SELECT id FROM topic
WHERE site = %(site)s AND id > %(after)s AND look_again IS NOT NULL
AND look_again <= %(now)s ORDER BY id LIMIT %(limit)s)
UNION
(SELECT id FROM topic_gap
WHERE site = %(site)s AND id > %(after)s AND reason = 'failing'
AND seen <= %(now)s - interval '24 hours' ORDER BY id LIMIT %(limit)s)
ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Stored:
    new: int
    changed: int
    back: int = field(default=0, compare=False)  # were gone and are as they were before


def store(connection: Connection, site: str, topics: Iterable[Topic], seen: datetime) -> Stored:
    """Insert or update topics, each id once; changed means title, content or node.

    A node or author that the new copy lacks is kept. Of many topics few are in memory.
    """
    rows = iter(topics)
    some = list(islice(rows, MANY))
    if not some:
        return Stored(0, 0)
    with connection.cursor() as cursor:
        if len(some) < MANY:
            columns = ([getattr(topic, name) for topic in some] for name in COLUMNS)
            cursor.execute(UPSERT.format(given=ARRAYS), (*columns, site, seen, seen, site))
            return Stored(*(cursor.fetchone() or (0, 0)))
        values = attrgetter(*COLUMNS)
        cursor.execute(TABLE)
        copy_in(connection, "many", COLUMNS, map(values, chain(some, rows)))
        cursor.execute(UPSERT.format(given="TABLE many"), (site, seen, seen, site))
        stored = Stored(*(cursor.fetchone() or (0, 0)))
        cursor.execute("DROP TABLE many")
    return stored


def mark_gone(
    connection: Connection, site: str, topic: int, seen: datetime, again: datetime | None = None
) -> bool:
    """Whether the topic is stored and was not gone before; ``again``: when to ask once more."""
    with connection.cursor() as cursor:
        cursor.execute(GONE, (seen, again, site, topic))
        return cursor.rowcount == 1


def record_gap(connection: Connection, site: str, topic: int, reason: str, seen: datetime) -> None:
    """Note an id that has no topic, so that it is not asked for again."""
    with connection.cursor() as cursor:
        cursor.execute(GAP, (site, topic, reason, seen))


def gap(connection: Connection, site: str, topic: int) -> str | None:
    """Why an id is a gap; None where it is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM topic_gap WHERE site = %s AND id = %s", (site, topic))
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def fill_gaps(connection: Connection, site: str, numbers: Sequence[int]) -> None:
    """Forget gaps, because their topics are stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM topic_gap WHERE site = %s AND id = ANY(%s::bigint[])",
            (site, list(numbers)),
        )


def fill_gap(connection: Connection, site: str, topic: int) -> None:
    """Forget one gap."""
    fill_gaps(connection, site, [topic])


def touch(connection: Connection, site: str, topic: int, seen: datetime) -> bool:
    """Note when a topic was last looked at; whether it is stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE topic SET last_seen = %s, look_again = NULL WHERE site = %s AND id = %s",
            (seen, site, topic),
        )
        return cursor.rowcount == 1


def highest(connection: Connection, site: str) -> int | None:
    """The highest id that was crawled; posts that came from files name no node."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM topic WHERE site = %s AND node IS NOT NULL", (site,))
        (number,) = cursor.fetchone() or (None,)
    return None if number is None else int(number)


def missing(connection: Connection, site: str, first: int, last: int) -> list[int]:
    """The ids from first to last that are neither stored nor known gaps, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, {"site": site, "first": first, "last": last})
        return [number for (number,) in cursor.fetchall()]


def count_missing(connection: Connection, site: str, first: int, last: int) -> int:
    """How many ids ``missing`` gives."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({MISSING}) AS missing",  # noqa: S608 - a constant
            {"site": site, "first": first, "last": last},
        )
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def due(
    connection: Connection, site: str, days: Sequence[int], now: datetime, after: int, limit: int
) -> list[int]:
    """Ids above ``after`` whose topics reached one of the ages since they were last seen.

    Ages are 30 days at most. Ids that could not be had for a day or longer are among them, and
    gone topics that are to be asked for once more.
    """
    values = {"site": site, "days": list(days), "now": now, "after": after, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(DUE, values)
        return [number for (number,) in cursor.fetchall()]


def read(connection: Connection, site: str | None = None) -> Iterator[StoredTopic]:
    """Topics that are not gone, streamed in the order of site and id."""
    with connection.cursor(name="topics") as cursor:
        cursor.itersize = 2000
        cursor.execute(
            "SELECT site, id, title, content FROM topic"
            " WHERE NOT gone AND (%(site)s::text IS NULL OR site = %(site)s) ORDER BY site, id",
            {"site": site},
        )
        for row in cursor:
            yield StoredTopic(*row)
