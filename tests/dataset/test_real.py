"""A data set of real posts and questions."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mlproject.dataset.assemble import candidates
from mlproject.dataset.build import build
from mlproject.dataset.clean import CHINESE, MARKER, clean_all
from mlproject.dataset.text import of_post

from . import real
from .samples import nothing_before, task

pytestmark = pytest.mark.skipif(not real.FOLDER.is_dir(), reason="the real data is not here")

MOBILE = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?86)?1[3-9][0-9]([- .]?)[0-9]{4}\1[0-9]{4}(?![0-9A-Za-z])"
)
MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)*\.[a-z]{2,}", re.ASCII | re.IGNORECASE)
NEAR = 0.9

Grams = frozenset[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 7,000 candidates: labelled posts, posts, questions, everything but balance and page."""
    legal, posts = task(noise={}), real.topics()
    rows = candidates(legal, real.reviews(), real.texts(), posts, len(posts))
    return build(legal, rows, nothing_before, tmp_path_factory.mktemp("real")).folder


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (path.read_text("utf-8").splitlines() for path in folder.glob("[co]*.jsonl"))
    return [json.loads(line) for several in lines for line in several]


def test_no_chinese_text_is_emptied() -> None:
    raw = [of_post(topic.title, topic.content) for topic in real.topics()]
    raw += [text.text for text in real.texts()]
    pairs = zip(raw, clean_all(raw), strict=True)
    lost = [text for text, cleaned in pairs if chinese(text) and not chinese(cleaned)]
    assert len(raw) > 5_000
    assert lost == []


def chinese(text: str) -> bool:
    return CHINESE.search(MARKER.sub("", text)) is not None


@pytest.mark.parametrize("pattern", [MOBILE, MAIL, re.compile("[\xa0\u2000-\u200f\ufeff]")])
def test_nothing_is_left_that_cleaning_takes_away(
    rows: list[dict[str, Any]], pattern: re.Pattern[str]
) -> None:
    assert [found[0] for row in rows if (found := pattern.search(row["text"]))] == []


def test_no_group_is_in_two_splits(rows: list[dict[str, Any]]) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        splits[row["group"]].add(row["split"])
    assert len(rows) > len(splits) + 1_000
    assert {len(found) for found in splits.values()} == {1}
    assert {split for found in splits.values() for split in found} == {
        *("train", "validation", "test", "in_domain")
    }


def test_nothing_that_is_tested_on_is_nearly_a_text_to_learn_from(
    rows: list[dict[str, Any]],
) -> None:
    grams = {row["id"]: trigrams(row["text"]) for row in rows}
    frequencies = Counter(gram for of_row in grams.values() for gram in of_row)
    learnt: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["split"] == "train":
            for gram in rarest(grams[row["id"]], frequencies):
                learnt[gram].append(row["id"])
    tested = [row["id"] for row in rows if row["split"] in ("test", "in_domain")]
    assert len(tested) > 700
    for name in tested:
        mine = grams[name]
        for other in {other for gram in rarest(mine, frequencies) for other in learnt[gram]}:
            assert len(mine & grams[other]) < NEAR * len(mine | grams[other]), (name, other)


def trigrams(text: str) -> Grams:
    return frozenset(text[at : at + 3] for at in range(len(text) - 2))


def rarest(grams: Grams, frequencies: Counter[str]) -> Iterable[str]:
    """As few that two sets as alike as ``NEAR`` share one of them (prefix filter)."""
    number = int((1 - NEAR) * len(grams)) + 1
    return sorted(grams, key=lambda gram: (frequencies[gram], gram))[:number]


def test_most_questions_to_lawyers_among_unread_posts_are_found(folder: Path) -> None:
    lines = (folder / "suspects.jsonl").read_text("utf-8").splitlines()
    found = {row["id"] for row in map(json.loads, lines) if row["left_out"]}
    kept = {json.loads(line)["id"]: json.loads(line)["split"]
            for line in (folder / "other.jsonl").read_text("utf-8").splitlines()}  # fmt: skip
    planted = [f"v2ex-{real.PLANTED + place}" for place in range(60)]
    caught = [name for name in planted if name in found]
    missed = [name for name in planted if kept.get(name) == "train"]
    assert len(caught) > 25
    assert len(caught) > 1.3 * len(missed)
