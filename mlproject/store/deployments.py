"""What version went live when, by whom, why and with which gate report."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection


@dataclass(frozen=True)
class Deployment:
    """One move of the alias ``champion``."""

    model: str
    version: str
    previous: str | None
    action: str  # promote or rollback
    by: str
    reason: str
    gate: Mapping[str, Any] | None
    bento: str | None


def lock(connection: Connection, model: str) -> None:
    """Wait until nobody else moves this model's aliases; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (model,))


def record(connection: Connection, deployment: Deployment) -> None:
    """Add the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deployment (model, version, previous, action, by, reason, gate, bento) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                deployment.model,
                deployment.version,
                deployment.previous,
                deployment.action,
                deployment.by,
                deployment.reason,
                None if deployment.gate is None else json.dumps(dict(deployment.gate)),
                deployment.bento,
            ),
        )


def was_live(connection: Connection, model: str, version: str) -> bool:
    """Whether the version has been the champion before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM deployment WHERE model = %s AND version = %s)",
            (model, version),
        )
        (found,) = cursor.fetchone() or (False,)
    return bool(found)
