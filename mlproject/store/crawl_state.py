"""Cursors, quota and the lock of a crawl. Nothing here commits but lock and unlock."""

from collections.abc import Mapping
from typing import Any

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json, execute_values

WRITE = """
INSERT INTO crawl_state (site, key, value) VALUES %s
ON CONFLICT (site, key) DO UPDATE SET value = excluded.value, updated = now()
"""

ADD = """
INSERT INTO crawl_state AS old (site, key, value) VALUES (%s, %s, %s)
ON CONFLICT (site, key) DO UPDATE SET updated = now(), value = (
    SELECT jsonb_object_agg(name, (old.value->name)::bigint + (excluded.value->name)::bigint)
    FROM jsonb_object_keys(excluded.value) AS name
)
"""

# SET LOCAL ends with the transaction, the lock does not.
LOCK = """
SET LOCAL lock_timeout = %s; SELECT pg_advisory_lock(hashtextextended(%s, 0))
"""


def read(connection: Connection, site: str, key: str) -> Any:
    """The value of a key, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM crawl_state WHERE site = %s AND key = %s", (site, key))
        row = cursor.fetchone()
    return row[0] if row else None


def read_prefix(connection: Connection, site: str, prefix: str) -> dict[str, Any]:
    """Every value whose key begins with the prefix, by the rest of its key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(key, %s), value FROM crawl_state"
            " WHERE site = %s AND starts_with(key, %s)",
            (len(prefix) + 1, site, prefix),
        )
        return dict(cursor.fetchall())


def write(connection: Connection, site: str, values: Mapping[str, Any]) -> None:
    """Set keys; values are anything JSON can hold."""
    rows = [(site, key, Json(value)) for key, value in values.items()]
    with connection.cursor() as cursor:
        execute_values(cursor, WRITE, rows, page_size=500)


def add(connection: Connection, site: str, key: str, counts: Mapping[str, int]) -> None:
    """Add to the counts kept under a key, which always have the same names."""
    with connection.cursor() as cursor:
        cursor.execute(ADD, (site, key, Json(dict(counts))))


def take(connection: Connection, site: str, key: str) -> Any:
    """Remove a key; its value, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM crawl_state WHERE site = %s AND key = %s RETURNING value", (site, key)
        )
        row = cursor.fetchone()
    return row[0] if row else None


def lock(connection: Connection, site: str, seconds: float) -> bool:
    """Whether the site's lock came to this session in time. Ends the transaction."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, (max(1, round(1000 * seconds)), f"crawl {site}"))
    except LockNotAvailable:
        connection.rollback()
        return False
    connection.commit()
    return True


def unlock(connection: Connection, site: str) -> None:
    """Give the lock back. Rolls back what was not committed."""
    if connection.closed:
        return
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (f"crawl {site}",))
    connection.commit()
