"""Topics that a model has not looked at."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mlproject.settings import Settings
from mlproject.store import datasets, predictions
from mlproject.store.connection import connect

START = datetime(2024, 1, 1, tzinfo=UTC)
FILL = """
INSERT INTO topic (site, id, title, content, author, created, gone)
SELECT 's', n, 'title', repeat('text ', 40), 'a', %(start)s + n * interval '1 minute', n %% 97 = 0
FROM generate_series(1, %(rows)s) AS n;
INSERT INTO prediction (site, topic_id, model, version, probability, flagged)
SELECT 's', n, 'legal', '1', 0.1, false FROM generate_series(1, %(rows)s - 20) AS n;
INSERT INTO corpus_text (task, content_hash, text, label, corpus, source, licence)
SELECT 'legal', md5(n::text), 'text', 'other', 'c', 's', 'MIT'
FROM generate_series(1, %(rows)s) AS n;
INSERT INTO corpus_text SELECT 'resume', content_hash, text, label, corpus, source, licence
FROM corpus_text;
INSERT INTO text_split SELECT task, n, 0 FROM generate_series(1, %(rows)s) AS n,
    (VALUES ('legal'), ('resume')) AS tasks (task);
ANALYZE;
"""


def fill(settings: Settings, rows: int) -> None:
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(FILL, {"rows": rows, "start": START})


def test_topics_without_a_prediction_come_oldest_first(database: Settings) -> None:
    fill(database, 100)
    with connect(database) as connection:
        found = predictions.topics_without(connection, "s", "legal", "1", START, 5)
        again = predictions.topics_without(connection, "s", "legal", "2", START, 500)
    assert [topic.id for topic in found] == [81, 82, 83, 84, 85]
    assert len(again) == 99  # every topic but the one that is gone


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (
            predictions.WITHOUT,
            {"site": "s", "model": "legal", "version": "1", "since": START, "limit": 100},
        ),
        (
            predictions.WITHOUT,
            {"site": "s", "model": "legal", "version": "2", "since": START, "limit": 100},
        ),
        (datasets.TEXTS, ("legal",)),
        ("SELECT key, split FROM text_split WHERE task = %s ORDER BY key", ("legal",)),
    ],
    ids=["screen", "screen with a new version", "texts", "splits"],
)
def test_a_query_uses_an_index(
    database: Settings, query: str, values: dict[str, Any] | tuple[str, ...]
) -> None:
    fill(database, 30_000)
    with connect(database) as connection, connection.cursor() as cursor:
        # As from a server-side cursor, which is planned for its first rows.
        cursor.execute(f"EXPLAIN DECLARE rows CURSOR FOR {query}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index" in plan
    assert "Seq Scan" not in plan, plan
