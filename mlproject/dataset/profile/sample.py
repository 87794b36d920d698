"""What the page shows of a data-set folder: all lengths, and a fixed sample of the texts."""

import heapq
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mlproject.dataset.split import rank
from mlproject.dataset.text import key

SAMPLE = 2_000  # texts of each label
SHOWN = 6  # rows of each label


@dataclass
class LabelSample:
    label: str
    lengths: "array[int]" = field(default_factory=lambda: array("i"))
    rows: list[dict[str, Any]] = field(default_factory=list)  # a fixed sample, in no order

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows]

    @property
    def examples(self) -> list[dict[str, Any]]:
        """A few rows, of as many sources as there are."""
        by_source: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows:
            by_source.setdefault(row["source"], []).append(row)
        turns = (row for group in zip(*map(_padded, by_source.values()), strict=True)
                 for row in group if row)  # fmt: skip
        return [row for _, row in zip(range(SHOWN), turns, strict=False)]


def _padded(rows: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    return [*rows[:SHOWN], *[None] * (SHOWN - len(rows))]


def sample(folder: Path, label: str) -> LabelSample:
    """Read one label's file once, in flat memory."""
    found = LabelSample(label)
    kept: list[tuple[float, int, bytes]] = []  # the smallest ranks, the largest of them first
    with (folder / f"{label}.jsonl").open("rb") as file:
        for number, line in enumerate(file):
            text = orjson.loads(line)["text"]
            found.lengths.append(len(text))
            entry = (-rank(key(text)), number, line)
            if len(kept) < SAMPLE:
                heapq.heappush(kept, entry)
            elif entry > kept[0]:
                heapq.heapreplace(kept, entry)
    found.rows = [orjson.loads(line) for _, _, line in sorted(kept, reverse=True)]
    return found
