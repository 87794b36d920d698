"""Labelled texts in Postgres."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from mlproject.dataset.assemble import CorpusText

UPSERT = """
INSERT INTO corpus_text AS old (task, content_hash, text, label, corpus, source, licence, role)
VALUES %s
ON CONFLICT (task, content_hash) DO UPDATE
SET text = excluded.text, label = excluded.label, corpus = excluded.corpus,
    source = excluded.source, licence = excluded.licence, role = excluded.role, imported = now()
WHERE (old.text, old.label, old.corpus, old.source, old.licence, old.role)
    IS DISTINCT FROM (excluded.text, excluded.label, excluded.corpus, excluded.source,
                      excluded.licence, excluded.role)
RETURNING (xmax = 0)
"""  # xmax is 0 for a row that was inserted, not updated


@dataclass(frozen=True, slots=True)
class NewText:
    content_hash: str
    text: str
    label: str
    source: str


def store(
    connection: Connection, task: str, corpus: str, licence: str, role: str, rows: Sequence[NewText]
) -> tuple[int, int]:
    """Insert or update the texts of one corpus; returns how many were new and how many changed.

    ``rows`` hold each hash once.
    """
    values = [
        (task, row.content_hash, row.text, row.label, corpus, row.source, licence, role)
        for row in rows
    ]
    with connection.cursor() as cursor:
        inserted = execute_values(cursor, UPSERT, values, page_size=1000, fetch=True)
    new = sum(flag for (flag,) in inserted)
    return new, len(inserted) - new


def read(connection: Connection, task: str) -> Iterator[CorpusText]:
    """All texts of a task, in the order of their hashes, streamed."""
    with connection.cursor(name="corpus_text") as cursor:
        cursor.itersize = 5000
        cursor.execute(
            "SELECT text, label, source, role FROM corpus_text WHERE task = %s"
            " ORDER BY content_hash",
            (task,),
        )
        for text, label, source, role in cursor:
            yield CorpusText(text, label, source, role)
