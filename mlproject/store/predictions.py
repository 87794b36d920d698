"""What a model said about forum topics."""

from datetime import datetime

from psycopg2.extensions import connection as Connection

from mlproject.dataset.assemble import Topic

# Walks the index on (site, created) and looks each topic up among the version's predictions.
WITHOUT = """
SELECT site, id, title, content, author FROM topic
WHERE site = %(site)s AND created >= %(since)s AND NOT gone AND NOT EXISTS (
    SELECT FROM prediction
    WHERE prediction.site = topic.site AND prediction.topic_id = topic.id
    AND prediction.model = %(model)s AND prediction.version = %(version)s
)
ORDER BY created, id LIMIT %(limit)s
"""


def topics_without(
    connection: Connection, site: str, model: str, version: str, since: datetime, limit: int
) -> list[Topic]:
    """Topics from ``since`` on, the oldest first, that this version has said nothing about."""
    values = {"site": site, "model": model, "version": version, "since": since, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT, values)
        return [
            Topic(site, number, title, content, author or "")
            for site, number, title, content, author in cursor
        ]
