"""Every statement that a crawl sends uses an index, on tables as large as a forum's."""

import json
import re
from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extras import LoggingConnection

from examples.standin import fault
from mlproject.source.crawl import Order, crawl

from .world import START, Build, World, posts

FILL = f"""
INSERT INTO topic (site, id, title, content, node, created, first_seen, last_seen)
SELECT '127.0.0.1', id, 'a title', repeat('text ', 20), 'qna',
    to_timestamp({START}) - interval '5 minutes' * (300001 - id),
    to_timestamp({START}), greatest(to_timestamp({START}) - interval '300 days',
        to_timestamp({START}) - interval '5 minutes' * (300001 - id))
FROM generate_series(1, 300000) AS id;
INSERT INTO topic_gap (site, id, reason) SELECT '127.0.0.1', 300000 + id,
    CASE WHEN id % 500 = 0 THEN 'failing' ELSE 'missing' END FROM generate_series(1, 30000) AS id;
INSERT INTO crawl_state (site, key, value)
SELECT site, 'other:' || id, '{{"page": 1}}' FROM generate_series(1, 5000) AS id,
    (VALUES ('127.0.0.1'), ('v2ex.com')) AS sites (site);
ANALYZE topic; ANALYZE topic_gap; ANALYZE crawl_state;
"""
TABLES = re.compile(r"\b(topic|topic_gap|crawl_state)\b")


class Recording(LoggingConnection):
    """Keeps what it sends, by the shape of the statement."""

    def filter(self, msg: bytes | str, curs: object) -> None:
        text = msg.decode() if isinstance(msg, bytes) else msg
        shape = re.sub(r"'(?:[^']|'')*'|\d+", "?", text)
        if TABLES.search(text) and "EXPLAIN" not in text:
            self.sent.setdefault(shape[:400], text)

    def initialize(self, logobj: object) -> None:
        self.sent: dict[str, str] = {}
        super().initialize(logobj)


@pytest.fixture
def recording(world: Build) -> Iterator[tuple[World, Recording]]:
    here = world(
        [*posts(60, 330_001), *posts(5, 299_990, "life")],
        faults=[fault.at("truncated", 6, 7, 8, 9, 11)],
    )
    url = here.settings.database_url.get_secret_value()
    with here.connect() as connection, connection.cursor() as cursor:
        cursor.execute(FILL)
    connection = psycopg2.connect(url, connection_factory=Recording)
    connection.initialize(None)
    yield here, connection
    connection.close()


def scanned(connection: Connection, statement: str) -> set[str]:
    """Tables that the plan reads from end to end without an index."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        (plan,) = cursor.fetchone() or ([],)
    connection.rollback()
    found = re.findall(r'"Seq Scan".*?"Relation Name": "(\w+)"', json.dumps(plan))
    return set(found)


def test_every_statement_of_the_crawl_uses_an_index(recording: tuple[World, Recording]) -> None:
    here, connection = recording
    orders = [
        Order("backfill"),
        Order("backfill", ("qna", "life")),
        Order("new"),
        Order("ids", ids=(329_990, 330_020)),
        Order("revisit", max_requests=40),
    ]
    for order in orders:
        crawl(order, connection, here.settings, here.clock)
    statements = list(connection.sent.values())
    verbs = {statement.lstrip("\n (").split()[0] for statement in statements}
    assert verbs == {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
    assert len(statements) >= 12
    plans = {statement[:200]: scanned(connection, statement) for statement in statements}
    assert {statement: tables for statement, tables in plans.items() if tables} == {}
