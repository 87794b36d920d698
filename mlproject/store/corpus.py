"""Labelled texts in Postgres."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from mlproject.dataset.assemble import CorpusText
from mlproject.store.copy import copy_in

GIVEN = """
CREATE TEMPORARY TABLE given (
    n bigint GENERATED ALWAYS AS IDENTITY,
    content_hash text COLLATE "C", text text, label text, source text
) ON COMMIT DROP
"""

LOCK = "SELECT pg_advisory_xact_lock(hashtext('corpus_text'), hashtext(%s))"

# The first of several rows with one hash counts; xmax is 0 for a row that was inserted. In the
# order of the hashes, which is that of the primary key, the index is written from left to right.
UPSERT = """
WITH written AS (
    INSERT INTO corpus_text AS old
        (task, content_hash, text, label, corpus, source, licence, role)
    SELECT %(task)s, content_hash, text, label, %(corpus)s, source, %(licence)s, %(role)s
    FROM given JOIN (SELECT min(n) AS n FROM given GROUP BY content_hash) AS firsts USING (n)
    ORDER BY content_hash
    ON CONFLICT (task, content_hash) DO UPDATE
    SET text = excluded.text, label = excluded.label, corpus = excluded.corpus,
        source = excluded.source, licence = excluded.licence, role = excluded.role,
        imported = now()
    WHERE (old.text, old.label, old.corpus, old.source, old.licence, old.role)
        IS DISTINCT FROM (excluded.text, excluded.label, excluded.corpus, excluded.source,
                          excluded.licence, excluded.role)
    RETURNING (xmax = 0) AS new
)
SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new) FROM written
"""


@dataclass(frozen=True, slots=True)
class NewText:
    content_hash: str
    text: str
    label: str
    source: str


def store(
    connection: Connection, task: str, corpus: str, licence: str, role: str, rows: Iterable[NewText]
) -> tuple[int, int]:
    """Insert or update the texts of one corpus; returns how many were new and how many changed.

    ``rows`` is read as it is sent. Imports into one task wait for each other, so that two that
    share texts do not lock each other out.
    """
    values = ((row.content_hash, row.text, row.label, row.source) for row in rows)
    with connection.cursor() as cursor:
        cursor.execute(GIVEN)
        copy_in(connection, "given", ("content_hash", "text", "label", "source"), values)
        cursor.execute(LOCK, (task,))
        cursor.execute(UPSERT, {"task": task, "corpus": corpus, "licence": licence, "role": role})
        new, changed = cursor.fetchone() or (0, 0)
        cursor.execute("DROP TABLE given")
    return new, changed


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
