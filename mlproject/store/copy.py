"""Many rows in and out of Postgres by COPY, in flat memory."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import IO, Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

BATCH = 500  # rows encoded at a time
BLOCK = 1 << 18  # bytes sent at a time


def copy_in(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Append rows to a table and return how many; ``rows`` is read as it is sent.

    What ``rows`` raises comes out as it is, and nothing is stored.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    feed = _Feed(_encode(rows))
    with connection.cursor() as cursor:
        try:
            cursor.copy_expert(statement, feed, size=BLOCK)
        except psycopg2.errors.QueryCanceled:
            if feed.fault is not None:
                raise feed.fault from None
            raise
        return int(cursor.rowcount)


def copy_out(connection: Connection, query: str, file: IO[bytes]) -> None:
    """Write the rows of a query to a file, in the text format of COPY.

    For whole tables on disk. Rows that Python works on come faster through a named cursor.
    """
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({query}) TO STDOUT", file, size=BLOCK)


class _Feed(io.RawIOBase):
    """The file that COPY reads: blocks as they are made, and the exception that ended them.

    psycopg2 turns an exception in ``read`` into a cancelled query with its text.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.rest = b""
        self.fault: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while len(self.rest) < size and (block := next(self.blocks, None)) is not None:
                self.rest += block
        except BaseException as error:
            self.fault = error
            raise
        given, self.rest = self.rest[:size], self.rest[size:]
        return given


def _encode(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    several = iter(rows)
    while batch := list(islice(several, BATCH)):
        lines = ("\t".join(map(_field, row)) for row in batch)
        yield ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("\t", "\\t")
        return escaped.replace("\n", "\\n").replace("\r", "\\r")
    return value.isoformat() if isinstance(value, datetime) else str(value)
