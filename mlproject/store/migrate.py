"""Bring the schema to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from mlproject.settings import Settings
from mlproject.store.connection import connect

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(settings: Settings) -> str:
    """Apply what is missing and return the revision; two at once wait for each other."""
    with connect(settings):  # says in one line why the database cannot be used
        pass
    url = settings.database_url.get_secret_value().replace(
        "postgresql://", "postgresql+psycopg2://", 1
    )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            revision = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return str(revision)
