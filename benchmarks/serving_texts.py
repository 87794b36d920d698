"""What the servers are asked: real texts with their real lengths, or the bundled ones."""

import gzip
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUESTIONS = ("legal_questions.jsonl.gz", "consultations.jsonl")
POSTS = ("v2ex_topics.jsonl.gz", "posts.jsonl")
NUMBER = 2_000  # different texts of a kind that are asked

SHAPES: dict[str, Callable[[str], bytes]] = {
    "text": lambda text: json.dumps({"text": text}).encode(),
    "texts": lambda text: json.dumps({"texts": [text]}).encode(),
    "inputs": lambda text: json.dumps({"inputs": [text]}).encode(),
}


@dataclass(frozen=True)
class Texts:
    questions: list[str]
    posts: list[str]

    @classmethod
    def read(cls, folder: Path) -> "Texts":
        """Always the same texts of the same files, in the same order."""
        return cls(
            _some(folder, QUESTIONS, lambda row: row.get("content") or row.get("text", "")),
            _some(folder, POSTS, lambda row: f"{row['title']}\n{row.get('content') or ''}".strip()),
        )

    @property
    def question(self) -> list[str]:
        """The one of median length."""
        ranked = sorted(self.questions, key=len)
        return [ranked[len(ranked) // 2]]

    @property
    def all(self) -> list[str]:
        """Those that are asked."""
        return [*self.questions[:NUMBER], *self.posts[:NUMBER]]

    def cycle(self, kind: str, number: int) -> Iterator[str]:
        """So many texts; from the first on again where there are fewer."""
        return itertools.islice(itertools.cycle(getattr(self, kind)), number)

    def bodies(self, kind: str, shape: str) -> list[bytes]:
        return [SHAPES[shape](text) for text in getattr(self, kind)[:NUMBER]]


def _some(folder: Path, names: tuple[str, ...], text: Callable[[dict[str, Any]], str]) -> list[str]:
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise SystemExit(f"--data {folder}: none of {names} is there")
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        found = [text(json.loads(line)) for line in lines]
    found = [each for each in found if each.strip()]
    random.Random(7).shuffle(found)  # noqa: S311
    return found
