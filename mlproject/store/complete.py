"""Topics as an answer has them, completed by what is stored."""

from dataclasses import replace

from psycopg2.extensions import connection as Connection

from mlproject.source.topic import TEXTS, Topic

STORED = "SELECT id, title, content FROM topic WHERE site = %s AND id = ANY(%s::bigint[])"


def complete(connection: Connection, site: str, topics: list[Topic]) -> list[Topic]:
    """The same topics; a title or content that the answer lacked is the stored one, if there is."""
    lacking = [topic.id for topic in topics if topic.lacking]
    if not lacking:
        return topics
    with connection.cursor() as cursor:
        cursor.execute(STORED, (site, lacking))
        stored = {row[0]: dict(zip(TEXTS, row[1:], strict=True)) for row in cursor.fetchall()}
    return [_completed(topic, stored.get(topic.id, {})) for topic in topics]


def _completed(topic: Topic, stored: dict[str, str]) -> Topic:
    texts = {key: stored[key] for key in topic.lacking if key in stored}
    return replace(
        topic,
        title=texts.get("title", topic.title),
        content=texts.get("content", topic.content),
    )
