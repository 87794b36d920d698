"""Alembic's entry: runs on the connection that ``migrate`` hands over."""

from alembic import context
from sqlalchemy import text

LOCK = 7_302_114  # any fixed number: one migration at a time on a server

connection = context.config.attributes["connection"]
connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
context.configure(connection=connection, target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
