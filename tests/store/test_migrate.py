"""The migrations on a real Postgres."""

from mlproject.settings import Settings
from mlproject.store.connection import connect
from mlproject.store.migrate import MIGRATIONS, migrate


def test_a_second_migration_changes_nothing(database: Settings) -> None:
    newest = max(file.name for file in (MIGRATIONS / "versions").glob("0*.py"))
    assert migrate(database) == newest[:4]


def test_every_table_of_the_design_is_there(database: Settings) -> None:
    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema='public'"
        )
        tables = {name for (name,) in cursor.fetchall()}
    assert tables >= {
        *("topic", "crawl_state", "corpus_text", "prediction", "review", "dataset", "deployment"),
    }
