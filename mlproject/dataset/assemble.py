"""From stored texts, reviews and topics to candidates, one at a time. Pure: no database, no files.

The order is the precedence: of several rows with the same text the first is kept. Reviewed posts
that are only tested on come first, then the other reviewed posts, the corpora, and last the posts
that nobody has read.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mlproject.dataset.clean import clean
from mlproject.dataset.lengths import Lengths, cut
from mlproject.dataset.padding import NONE, SmallTalk
from mlproject.dataset.row import Candidate, Kind
from mlproject.dataset.split import rank
from mlproject.dataset.text import key, key_of_name, of_post
from mlproject.task import Task

VARIANT = Kind.TOPIC | Kind.VARIANT
PLENTY = 1.2  # sample a little more than the limit: some are duplicates


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
    read: set[int] = set()
    titles: set[int] = set()
    wanted = Lengths(task.reference)
    by_id = {corpus.name for corpus in task.corpora if corpus.kind == "labels"}
    for review in reviews:
        read.add(_name(review.topic))
        titles.add(key(clean(review.topic.title, task.dataset.cleaning)))
        if review.label in task.labels:
            yield wanted.seen(_reviewed(task, review, by_id))
    for text in texts:
        for row in _of_corpus(task, text, small_talk):
            yield wanted.seen(row)
    if task.topics is None:
        return
    chosen = _sampler(task.topics.max_rows, number_of_topics)
    for topic in topics:
        name = _name(topic)
        if name not in read and chosen(name):
            for row in _of_topic(task, topic, wanted, name):
                if not titles or key(row.text) not in titles:
                    yield row


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


def _of_corpus(task: Task, text: CorpusText, small_talk: SmallTalk) -> Iterator[Candidate]:
    """The text, and for some once more with small talk around it."""
    body = clean(text.text, task.dataset.cleaning)
    if not body:
        return
    kind = Kind.EVALUATION if text.role == "evaluation" else Kind.WHOLE
    name = f"corpus-{key(body) & 0xFFFFFFFFFFFFFFFF:016x}"
    row = Candidate(name, body, text.label, text.source, "", kind)
    yield row
    if kind is Kind.WHOLE and (padded := small_talk.around(row)):
        yield padded


def _of_topic(task: Task, topic: Topic, wanted: Lengths, name: int) -> Iterator[Candidate]:
    """The post, its title, and the post cut to the length of a text of the wanted label."""
    rule = task.topics
    body = clean(of_post(topic.title, topic.content), task.dataset.cleaning)
    if rule is None or not body:
        return
    identity, author = f"{topic.site}-{topic.id}", _author(topic)
    yield Candidate(identity, body, rule.label, topic.site, author, Kind.TOPIC)
    title, _, content = body.partition("\n")
    if rule.titles and content:
        variant = f"{topic.site}-title"
        yield Candidate(f"{identity}-title", title, rule.label, variant, author, VARIANT)
    if rule.cuts and (short := cut(body, wanted.draw(rank(name)))):
        variant = f"{topic.site}-cut"
        yield Candidate(f"{identity}-cut", short, rule.label, variant, author, VARIANT | Kind.CUT)


def _sampler(wanted: int, number: int) -> Callable[[int], bool]:
    """Whether a topic is among the sample; one that is stays in it for every larger sample."""
    bound = 1.0 if wanted >= number else (wanted * PLENTY + 100) / number
    return lambda name: rank(name) < bound


def _author(topic: Topic) -> str:
    return f"{topic.site}/{topic.author}" if topic.author else ""


def _name(topic: Topic) -> int:
    return key_of_name(f"{topic.site}/{topic.id}")
