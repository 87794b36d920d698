"""Real texts: posts of a forum, questions to lawyers and what is none, as an export reads them."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from mlproject.dataset.assemble import CorpusText, ReviewedPost, Topic

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
LABELS = {0: "other", 1: "consultation", 2: "borderline"}
PLANTED = 900_000_000  # ids of posts that are questions to lawyers


def reviews() -> list[ReviewedPost]:
    """The posts to test on, and after them some to learn from."""
    several = (("labelled_posts", "evaluation", 800), ("labelled_posts_train", "training", 300))
    return [
        ReviewedPost(_topic(row), LABELS[row["label"]], name, role, _time(row))
        for name, role, number in several
        for row in islice(_rows(FOLDER / f"{name}.jsonl"), number)
    ]


def topics() -> list[Topic]:
    """Every 14th post, and 60 questions to lawyers as if somebody had posted them."""
    posts = islice(_rows(FOLDER / "v2ex_topics.jsonl.gz"), 0, None, 14)
    asked = islice(_rows(FOLDER / "legal_questions.jsonl.gz"), 4, 14_000, 231)
    planted = [
        Topic("v2ex", PLANTED + place, row["content"], "") for place, row in enumerate(asked)
    ]
    return [*map(_topic, posts), *planted]


def texts() -> list[CorpusText]:
    """4,700 questions to lawyers, and 1,400 that are no such."""
    files = (("legal_questions", "consultation", 3), ("hard_negatives", "other", 62))
    return [
        CorpusText(row["content"], label, row["source"], "training")
        for name, label, step in files
        for row in islice(_rows(FOLDER / f"{name}.jsonl.gz"), 0, None, step)
    ]


def _topic(row: dict[str, Any]) -> Topic:
    return Topic("v2ex", row["id"], row["title"], row["content"] or "", row.get("member") or "")


def _time(row: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(row["created"], UTC)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        yield from map(json.loads, file)
