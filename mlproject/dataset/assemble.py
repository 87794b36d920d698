"""From stored texts, reviews and topics to the rows of a data set. Pure: no database, no files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlproject.dataset.row import Row
from mlproject.dataset.split import Split, of_group, rank
from mlproject.dataset.text import content_hash, normalise, of_post
from mlproject.task import Task

HELD_BACK = 5  # the newest fifth of the reviewed posts is the in-domain test


@dataclass(frozen=True, slots=True)
class CorpusText:
    text: str
    label: str
    source: str
    role: str


@dataclass(frozen=True, slots=True)
class Topic:
    site: str
    id: int
    title: str
    content: str


@dataclass(frozen=True, slots=True)
class ReviewedPost:
    topic: Topic
    label: str  # the latest review's; may be a label the task does not have ("borderline")
    reviewer: str
    role: str
    created: datetime


def assemble(
    task: Task,
    texts: Iterable[CorpusText],
    reviews: Sequence[ReviewedPost],
    topics: Iterable[Topic],
) -> list[Row]:
    """Rows with labels and splits, each group once, in a fixed order.

    Reviewed posts come first: a text in ``in_domain`` is in no other split, and a reviewed post is
    not also a noisy negative. The same text with two labels keeps the first label in the order
    reviews, corpora, topics.
    """
    taken: dict[str, Row] = {}
    for row in _reviewed(task, reviews):
        taken.setdefault(row.group, row)
    read = {(review.topic.site, review.topic.id) for review in reviews}
    held = {content_hash(review.topic.title) for review in reviews}
    for row in _from_corpora(texts):
        taken.setdefault(row.group, row)
    unread = (topic for topic in topics if (topic.site, topic.id) not in read)
    for row in _from_topics(task, unread):
        if row.group not in held:
            taken.setdefault(row.group, row)
    return sorted(taken.values(), key=lambda row: (row.label, row.group))


def _reviewed(task: Task, reviews: Sequence[ReviewedPost]) -> list[Row]:
    """Evaluation reviews and the newest fifth of the others are ``in_domain``."""
    known = [review for review in reviews if review.label in task.labels]
    mine = [review for review in known if review.role == "training"]
    newest = sorted(mine, key=lambda review: (review.created, review.topic.id), reverse=True)
    held_back = {id(review) for review in newest[: len(newest) // HELD_BACK]}
    rows = []
    for review in known:
        evaluation = review.role == "evaluation" or id(review) in held_back
        rows.append(_row(of_topic(review.topic), review.label, review.reviewer, evaluation))
    return sorted(rows, key=lambda row: row.split != "in_domain")


def _from_corpora(texts: Iterable[CorpusText]) -> Iterable[Row]:
    for text in texts:
        body = normalise(text.text)
        if body:
            group = content_hash(body)
            # An evaluation corpus is tested on, never trained on.
            split: Split = "test" if text.role == "evaluation" else of_group(group)
            yield Row(f"corpus-{group[:16]}", body, text.label, text.source, split, group)


def _from_topics(task: Task, topics: Iterable[Topic]) -> Iterable[Row]:
    if task.topics is None:
        return
    chosen = sorted(topics, key=lambda topic: rank(f"{topic.site}/{topic.id}"))
    for topic in chosen[: task.topics.max_rows]:
        whole = _row(of_topic(topic), task.topics.label, topic.site, False)
        if not whole.text:
            continue
        yield whole
        title = normalise(topic.title)
        if task.topics.titles and title and content_hash(title) != whole.group:
            # The title goes where its post goes, or the test would know half of the training.
            yield Row(
                *(f"{whole.id}-title", title, whole.label, f"{topic.site}-title"),
                *(whole.split, content_hash(title)),
            )


def of_topic(topic: Topic) -> tuple[str, str]:
    """Identity and text of a topic."""
    return f"{topic.site}-{topic.id}", of_post(topic.title, topic.content)


def _row(named: tuple[str, str], label: str, source: str, in_domain: bool) -> Row:
    name, text = named
    group = content_hash(text)
    return Row(name, text, label, source, "in_domain" if in_domain else of_group(group), group)
