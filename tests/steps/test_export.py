"""The step export on a real Postgres."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.steps import export
from mlproject.steps.export import Inputs
from mlproject.store import corpus
from mlproject.store.connection import connect

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def fill(settings: Settings, topics: int) -> None:
    with connect(settings) as connection, connection.cursor() as cursor:
        rows = [corpus.NewText(f"hash{n}", f"欠薪{n}", "consultation", "q") for n in range(20)]
        corpus.store(connection, "legal", "q", "MIT", "training", rows)
        for number in range(topics):
            cursor.execute(
                "INSERT INTO topic (site, id, title, content, created) VALUES %s",
                (("s", number, f"标题{number}", "正文", NOW),),
            )


def test_the_same_rows_give_the_same_data_set(database: Settings) -> None:
    fill(database, 10)
    first, second = export.run(Inputs(), database), export.run(Inputs(), database)
    assert first == second
    manifest = json.loads((Path(first["dataset"]) / "manifest.json").read_text("utf-8"))
    assert manifest["files"]["consultation.jsonl"]["rows"] == 20
    assert manifest["files"]["other.jsonl"]["rows"] == 20


def test_a_data_set_is_recorded_once(database: Settings) -> None:
    fill(database, 3)
    result = export.run(Inputs(), database)
    export.run(Inputs(), database)
    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, task FROM dataset")
        assert cursor.fetchall() == [(result["dataset_id"], "legal")]


def test_max_topics_limits_the_unreviewed_posts(database: Settings) -> None:
    fill(database, 10)
    counts = export.run(Inputs(max_topics=4), database)["counts"]
    assert sum(counts["other"]["s"].values()) == 4


def test_a_label_without_texts_stops_the_export(database: Settings) -> None:
    fill(database, 0)
    with pytest.raises(InputError, match="'other' has no texts"):
        export.run(Inputs(), database)
