"""Which data sets were exported."""

import json
from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import connection as Connection


def record(connection: Connection, manifest: Mapping[str, Any]) -> None:
    """Note a data set once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dataset (id, task, manifest) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (manifest["dataset_id"], manifest["task"], json.dumps(manifest)),
        )
