"""The suite of the shipped task."""

import json
from collections import Counter

import pytest

from mlproject.dataset.clean import clean
from mlproject.dataset.near import signatures_of
from mlproject.dataset.text import key, of_post
from mlproject.evaluation.behaviour import Case, load
from mlproject.settings import PACKAGE
from mlproject.task import FOLDER, beside
from mlproject.task import load as load_task

CORPORA = (PACKAGE.parent / "examples" / "corpus", FOLDER / "legal")
ARTICLE = (
    "借钱",
    "我想咨询下",
    "我想咨询下，怎么才能赚更多钱呢？",
    "考不上大学，我该怎么办？",
    "朋友问我借钱，我到底要不要借给他呢？",
)
NEAR = 0.7  # estimated similarity of 3-grams


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    task = load_task("legal")
    return load(beside("legal", str(task.evaluation.behaviour)), task.labels)


@pytest.fixture(scope="module")
def texts(cases: list[Case]) -> list[str]:
    return sorted({clean(text) for case in cases for text in case.texts})


def learnt() -> list[str]:
    """Every text that the bundled corpora can become in a data set: posts, their titles."""
    found = []
    for file in [file for folder in CORPORA for file in sorted(folder.glob("*.jsonl"))]:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "title" in row:
                found += [row["title"], of_post(row["title"], row["content"])]
            else:
                found.append(row["content"])
    return [clean(text) for text in found]


def test_there_are_enough_cases_of_each_kind(cases: list[Case]) -> None:
    kinds = Counter(case.kind for case in cases)
    assert len(cases) >= 120
    assert min(kinds.values()) >= 15
    assert set(kinds) == {"minimum", "invariance", "direction"}


def test_both_labels_are_asked_for(cases: list[Case]) -> None:
    labels = Counter(case.label for case in cases if case.kind == "minimum")
    assert labels[0] >= 50
    assert labels[1] >= 25


def test_no_case_is_there_twice(cases: list[Case]) -> None:
    assert not [texts for texts, times in Counter(c.texts for c in cases).items() if times > 1]


def test_the_phrases_of_the_article_are_no_consultations(cases: list[Case]) -> None:
    assert {case.texts[0] for case in cases if case.label == 0} >= set(ARTICLE)


def test_no_text_of_the_suite_is_in_the_bundled_corpus(texts: list[str]) -> None:
    keys = {key(text) for text in learnt()}
    assert [text for text in texts if key(text) in keys] == []


def test_nor_nearly(texts: list[str]) -> None:
    corpus = learnt()
    theirs = signatures_of(corpus)
    near = []
    for text, mine in zip(texts, signatures_of(texts), strict=True):
        similar = (theirs == mine).mean(axis=1)
        if similar.max() >= NEAR:
            near.append((text, corpus[int(similar.argmax())]))
    assert near == []
