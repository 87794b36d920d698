"""Labels of posts by id alone, through the step import-corpus on a real Postgres."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlproject.settings import Settings
from mlproject.source.topic import Topic
from mlproject.steps import import_corpus
from mlproject.steps.import_corpus import Inputs
from mlproject.store import datasets, reviews, topics
from mlproject.store.connection import connect
from tests.steps.corpora import stored, task_file

LABELS = {"file": "l.csv", "kind": "labels", "label": None, "labels": {"0": "no", "1": "yes"}}


def labels(folder: Path, content: str, **entry: Any) -> Inputs:
    """The inputs that import these labels of posts, lines of ``id,label``."""
    (folder / "l.csv").write_text(f"id,label\n{content}", "utf-8")
    fields = {"id": "id", "label": "label"}
    return Inputs(task=task_file(folder, **LABELS, fields=fields, **entry), folder=folder)


def crawl(settings: Settings, *numbers: int) -> None:
    """Store posts as the crawl does."""
    seen = datetime(2024, 1, 1, tzinfo=UTC)
    posts = [Topic(number, "求助", "", "qna", None, seen, None) for number in numbers]
    with connect(settings) as connection:
        topics.store(connection, settings.site, posts, seen)


def counted(settings: Settings, task: str = "t") -> list[tuple[int, str, str]]:
    """The reviews that count: post, label, role."""
    with connect(settings) as connection:
        found = reviews.latest(connection, task)
        assert list(datasets.read_reviews(connection, task)) == sorted(
            found, key=lambda review: review.role != "evaluation"
        )
    return [(review.topic.id, review.label, review.role) for review in found]


def test_a_label_counts_as_soon_as_its_post_is_crawled(
    database: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    crawl(database, 7)
    with caplog.at_level("INFO"):
        first = import_corpus.run(labels(tmp_path, "7,1\n8,0\n9,1\n"), database)
    assert (first["rows_new"], first["rows_waiting"]) == (3, 2)
    assert "questions: 3 new, 0 changed, 2 wait for their post" in caplog.messages
    assert counted(database) == [(7, "yes", "training")]
    crawl(database, 8)
    assert counted(database) == [(7, "yes", "training"), (8, "no", "training")]
    second = import_corpus.run(labels(tmp_path, "7,1\n8,0\n9,1\n"), database)
    assert (second["rows_new"], second["rows_waiting"]) == (0, 1)


@pytest.mark.parametrize("first", ["labels", "evaluation"])
def test_a_label_never_counts_for_a_post_that_is_evaluated_on(
    database: Settings, tmp_path: Path, first: str
) -> None:
    evaluation = reviews.NewReview(7, "no", "求助", "", datetime(2024, 1, 1, tzinfo=UTC))
    for kind in (first, {"labels": "evaluation", "evaluation": "labels"}[first]):
        if kind == "labels":
            import_corpus.run(labels(tmp_path, "7,1\n"), database)
        else:
            with connect(database) as connection:
                site = database.site
                reviews.store(connection, site, "t", "somebody", "evaluation", [evaluation])
    assert counted(database) == [(7, "no", "evaluation")]
    assert import_corpus.run(labels(tmp_path, "7,1\n"), database)["rows_new"] == 0


def test_an_evaluation_of_another_task_keeps_no_label_out(
    database: Settings, tmp_path: Path
) -> None:
    evaluation = reviews.NewReview(7, "other", "求助", "", datetime(2024, 1, 1, tzinfo=UTC))
    with connect(database) as connection:
        reviews.store(connection, database.site, "u", "somebody", "evaluation", [evaluation])
    assert import_corpus.run(labels(tmp_path, "7,1\n"), database)["rows_new"] == 1
    assert counted(database) == [(7, "yes", "training")]


def test_the_labels_of_the_legal_task_fit(database: Settings) -> None:
    inputs = Inputs(corpora=("topic-labels", "written-posts"))
    result = import_corpus.run(inputs, database)
    assert result["rows_rejected"] == 0
    assert 0 < result["rows_waiting"] == result["rows_new"] - stored(database)
