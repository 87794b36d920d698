"""Cursors, quota and the lock of a crawl. Nothing here commits but lock and unlock."""

from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json, execute_values

WRITE = """
INSERT INTO crawl_state (site, key, value) VALUES %s
ON CONFLICT (site, key) DO UPDATE SET value = excluded.value, updated = now()
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


def try_lock(connection: Connection, site: str) -> bool:
    """Take the site's lock for this session if it is free. Ends the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (f"crawl {site}",))
        (taken,) = cursor.fetchone() or (False,)
    connection.commit()
    return bool(taken)


def unlock(connection: Connection, site: str) -> None:
    """Give the lock back. Rolls back what was not committed."""
    if connection.closed:
        return
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (f"crawl {site}",))
    connection.commit()
