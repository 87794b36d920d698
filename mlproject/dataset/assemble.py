"""From stored texts, reviews and topics to candidates, one at a time. Pure: no database, no files.

The order is the precedence: of several rows with the same text the first is kept. Reviewed posts
that are only tested on come first, then the other reviewed posts, the corpora, and last the posts
that nobody has read.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from mlproject.dataset.clean import clean, clean_all
from mlproject.dataset.lengths import Lengths, cut
from mlproject.dataset.options import Cleaning
from mlproject.dataset.padding import NONE, SmallTalk
from mlproject.dataset.row import Candidate, Kind
from mlproject.dataset.split import rank
from mlproject.dataset.text import key, key_of_name, of_post
from mlproject.task import Task, Topics

VARIANT = Kind.TOPIC | Kind.VARIANT
CUT = VARIANT | Kind.CUT
PLENTY = 1.2  # sample a little more than the limit: some are duplicates
AT_ONCE = 256  # texts cleaned together
T = TypeVar("T")


class CorpusText(NamedTuple):
    text: str
    label: str
    source: str
    role: str


class Topic(NamedTuple):
    site: str
    id: int
    title: str
    content: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class ReviewedPost:
    topic: Topic
    label: str  # the latest review's; may be a label the task does not have ("borderline")
    reviewer: str
    role: str
    created: datetime


def candidates(
    task: Task,
    reviews: Iterable[ReviewedPost],
    texts: Iterable[CorpusText],
    topics: Iterable[Topic],
    number_of_topics: int,
    small_talk: SmallTalk = NONE,
) -> Iterator[Candidate]:
    """Every text that could be a row, cleaned.

    ``reviews`` holds the evaluation's first. ``number_of_topics`` is about how many ``topics``
    there are, to sample from them without holding them.
    """
    cleaning = task.dataset.cleaning
    read: set[tuple[str, int]] = set()
    titles: set[int] = set()
    wanted = Lengths(task.reference)
    by_id = {corpus.name for corpus in task.corpora if corpus.kind == "labels"}
    for review in reviews:
        read.add((review.topic.site, review.topic.id))
        titles.add(key(clean(review.topic.title, cleaning)))
        if review.label in task.labels:
            yield wanted.seen(_reviewed(task, review, by_id))
    for row in _of_corpora(texts, small_talk, cleaning):
        yield wanted.seen(row)
    if task.topics is None:
        return
    chosen = _sampler(task.topics.max_rows, number_of_topics)
    unread = (topic for topic in topics if (topic.site, topic.id) not in read and chosen(topic))
    for row in _of_topics(task.topics, unread, wanted, cleaning):
        if not titles or key(row.text) not in titles:
            yield row


def _parts(rows: Iterable[T]) -> Iterator[list[T]]:
    rows = iter(rows)
    while part := list(islice(rows, AT_ONCE)):
        yield part


def _reviewed(task: Task, review: ReviewedPost, by_id: Container[str]) -> Candidate:
    topic = review.topic
    kind = Kind.REVIEWED
    if review.role == "evaluation":
        kind |= Kind.EVALUATION
    elif review.reviewer in by_id:
        kind |= Kind.LABELLED
    text = clean(of_post(topic.title, topic.content), task.dataset.cleaning)
    name, author = f"{topic.site}-{topic.id}", _author(topic)
    return Candidate(name, text, review.label, review.reviewer, author, kind, review.created)


def _of_corpora(
    texts: Iterable[CorpusText], small_talk: SmallTalk, cleaning: Cleaning
) -> Iterator[Candidate]:
    """Each text, and some once more with small talk around them."""
    for some in _parts(texts):
        for text, body in zip(some, clean_all([text.text for text in some], cleaning), strict=True):
            if body:
                row = _of_corpus(text, body)
                yield row
                if not row.kind and (padded := small_talk.around(row)):
                    yield padded


def _of_corpus(text: CorpusText, body: str) -> Candidate:
    kind = Kind.EVALUATION if text.role == "evaluation" else Kind.WHOLE
    name = f"corpus-{key(body) & 0xFFFFFFFFFFFFFFFF:016x}"
    return Candidate(name, body, text.label, text.source, "", kind)


def _of_topics(
    rule: Topics, topics: Iterable[Topic], wanted: Lengths, cleaning: Cleaning
) -> Iterator[Candidate]:
    """Each post, its title, and the post cut to the length of a text of the wanted label."""
    for some in _parts(topics):
        bodies = clean_all([of_post(topic.title, topic.content) for topic in some], cleaning)
        for topic, body in zip(some, bodies, strict=True):
            if body:
                identity, author = f"{topic.site}-{topic.id}", _author(topic)
                yield Candidate(identity, body, rule.label, topic.site, author, Kind.TOPIC)
                if rule.titles or rule.cuts:
                    yield from _variants(rule, topic, body, wanted)


def _variants(rule: Topics, topic: Topic, body: str, wanted: Lengths) -> Iterator[Candidate]:
    identity, author = f"{topic.site}-{topic.id}", _author(topic)
    title, _, content = body.partition("\n")
    if rule.titles and content:
        variant = f"{topic.site}-title"
        yield Candidate(f"{identity}-title", title, rule.label, variant, author, VARIANT)
    if rule.cuts and (short := cut(body, wanted.draw(rank(_name(topic))))):
        variant = f"{topic.site}-cut"
        yield Candidate(f"{identity}-cut", short, rule.label, variant, author, CUT)


def _sampler(wanted: int, number: int) -> Callable[[Topic], bool]:
    """Whether a topic is among the sample; one that is stays in it for every larger sample."""
    bound = 1.0 if wanted >= number else (wanted * PLENTY + 100) / number
    return lambda topic: bound >= 1 or rank(_name(topic)) < bound


def _author(topic: Topic) -> str:
    return f"{topic.site}/{topic.author}" if topic.author else ""


def _name(topic: Topic) -> int:
    return key_of_name(f"{topic.site}/{topic.id}")
