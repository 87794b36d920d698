"""The forum that the stack crawls: the real one, or the bundled stand-in."""

from dataclasses import dataclass
from pathlib import Path

from mlproject.task import FOLDER

REPOSITORY = Path(__file__).resolve().parents[2]
BUNDLED = REPOSITORY / "examples" / "corpus"
REAL_TOPICS = "v2ex_topics.jsonl.gz"
LABELS = FOLDER / "legal" / "topic_labels.csv"


@dataclass(frozen=True)
class StandIn:
    """A stand-in server over files of posts."""

    posts: tuple[Path, ...]
    limit_topics: int
    first: Path | None = None  # CSV with the ids of posts that are served before others
    quota: int = 36_000  # requests an hour: the demo waits for nobody


def stand_in(data: Path | None, limit_topics: int) -> StandIn:
    """The stand-in over a data folder's forum posts, or over the bundled ones."""
    if data is not None and (data / REAL_TOPICS).is_file():
        return StandIn((data / REAL_TOPICS,), limit_topics, LABELS)
    bundled = (BUNDLED / "posts.jsonl", BUNDLED / "reviewed_posts.jsonl")
    return StandIn(bundled, limit_topics)
