"""What balancing a data set costs, and what it takes away: length and punctuation as classifiers.

    python -m benchmarks.biases --data FOLDER [--quick] [--reviewed WEIGHT]

FOLDER has the files of ``mlproject/tasks/legal.yaml``, among them ``labelled_posts.jsonl``. Every
variant of the settings is built from the same candidates. A line says how well a classifier does
on the test split that sees only the length, or only the punctuation (area under the ROC curve); the
average precision of a linear model of n-grams on the labelled posts; what is gained or lost beside
the first line, with its standard error; how many short texts that everybody gets right it gets
right; and the rows of the data set.
"""

import argparse
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks import learn
from examples.standin.posts import Post
from examples.standin.posts import load as load_posts
from mlproject.dataset.assemble import CorpusText, ReviewedPost, Topic, candidates
from mlproject.dataset.clean import clean
from mlproject.dataset.columns import Columns
from mlproject.dataset.row import Candidate
from mlproject.dataset.select import select
from mlproject.dataset.split import NONE
from mlproject.source.corpus import read
from mlproject.steps.export import small_talk
from mlproject.steps.import_corpus import find
from mlproject.task import Corpus, Task, load

SITE = "v2ex.com"
END = "。！？!?；;…．."
SHARES = {"label": "other", "sources": ["smile", "lcqmc", "bank-bq", "medical", "zhihu"]}
PLAIN: dict[str, Any] = {
    "per_class": 100_000,
    "per_source": 30_000,
    "hard_negatives": {**SHARES, "share": 0.4},
}
SHORT = {"short": {"below": 10, "share": 0.2}}
EXAMPLES = (
    ("公司拖欠工资三个月了，老板一直说没钱，我该怎么办？", True),
    ("我的车在小区停车位上被撞，肇事车跑了，物业说监控坏了，我该找谁赔？", True),
    ("借钱", False),
    ("朋友问我借钱，我到底要不要借给他呢？", False),
    ("我想咨询下，怎么才能赚更多钱呢？", False),
    ("考不上大学，我该怎么办？", False),
    ("今天天气真好", False),
    ("怎么办？", False),
)

Look = Callable[[str], int]  # the class of a text's punctuation, of which rows are matched


@dataclass(frozen=True)
class Variant:
    name: str
    balance: dict[str, Any]
    look: Look | None = None  # None: the text's end, as the product has it
    weighted: str = ""  # rows weighted by the inverse of their propensity, by what
    bare: bool = False  # texts without the marks at their end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the real files")
    parser.add_argument("--quick", action="store_true", help="a tenth of each file")
    parser.add_argument(
        "--reviewed", type=float, default=1, help="rows that a reviewed post counts as; 1"
    )
    options = parser.parse_args()
    task = load("legal")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        found = {
            bare: fill(task, options.data, options.quick, bare, Path(name) / f"rows-{bare}")
            for bare in (False, True)
        }
        print(f"{len(found[False]):,} candidates, load {os.getloadavg()[0]:.1f}")
        table = Table(task, options.reviewed)
        for variant in variants(task):
            table.row(variant, found[variant.bare], Path(tempfile.mkdtemp(dir=name)))
    print(f"{time.monotonic() - started:.0f} s in all, load {os.getloadavg()[0]:.1f}")


def variants(task: Task) -> list[Variant]:
    shipped = task.dataset.balance.model_dump(mode="json")
    short = PLAIN | SHORT

    def match(ratio: float, floor: float) -> dict[str, Any]:
        return {"match_shapes": {"ratio": ratio, "floor": floor}}

    return [
        Variant("as shipped", shipped),
        Variant("not matched", PLAIN),
        Variant("ratio 3, floor 0.01", PLAIN | match(3, 0.01)),
        Variant("ratio 3, floor 0", short | match(3, 0)),
        Variant("ratio 2, floor 0", short | match(2, 0)),
        Variant("ratio 1, floor 0", short | match(1, 0)),
        Variant("ratio 1, floor 0.005", short | match(1, 0.005)),
        Variant("not matched, 14,000 rows of a label", short | {"per_class": 14_000}),
        Variant("by length alone, ratio 2, floor 0", short | match(2, 0), lambda text: 0),
        Variant("by length, end and number of marks", short | match(3, 0.005), learn.marks),
        Variant("the same, floor 0", short | match(3, 0), learn.marks),
        Variant("no marks at the end, ratio 3, floor 0.005", shipped, bare=True),
        Variant("no marks at the end, not matched", short, bare=True),
        Variant("not matched, weighted by length", short, weighted="length"),
        Variant("not matched, weighted by length and marks", short, weighted="both"),
        Variant("as shipped, weighted by length and marks", shipped, weighted="both"),
    ]


def fill(task: Task, folder: Path, quick: bool, bare: bool, path: Path) -> Columns:
    """The candidates of an export of these files."""
    rows = candidates(task, *given(task, folder, 10 if quick else 1), small_talk(task.name, task))
    columns = Columns(path, task.labels)
    columns.fill(map(without_end, rows) if bare else rows)
    return columns


def given(
    task: Task, folder: Path, share: int
) -> tuple[list[ReviewedPost], Iterator[CorpusText], Iterator[Topic], int]:
    """Reviews, texts and topics; of the last two one of so many."""
    found = [(corpus, find(task.name, corpus, folder)) for corpus in task.corpora if corpus.enabled]
    there = [(corpus, path) for corpus, path in found if path is not None]
    everything = load_posts([folder / "v2ex_topics.jsonl.gz"], 0) if task.topics else []
    known = {post.id: post for post in everything}
    reviews = [
        post
        for corpus, path in there
        if corpus.kind != "texts"
        for post in posts(corpus, path, known)
    ]
    tested = {post.topic.id for post in reviews if post.role == "evaluation"}
    reviews = [post for post in reviews if post.role == "evaluation" or post.topic.id not in tested]
    reviews.sort(key=lambda post: post.role != "evaluation")
    texts = (
        CorpusText(row.text, row.label, row.source, corpus.role)
        for corpus, path in there
        if corpus.kind == "texts"
        for row in itertools.islice(read(corpus, path), 0, None, share)
    )
    topics = everything[::share]
    unread = (Topic(SITE, post.id, post.title, post.content, post.author) for post in topics)
    return reviews, texts, unread, len(topics)


def posts(corpus: Corpus, path: Path, known: Mapping[int, Post]) -> Iterator[ReviewedPost]:
    """The reviewed posts of one corpus; labels by id are those of known posts."""
    for row in read(corpus, path):
        post = known.get(row.id or 0)
        author = post.author if post else ""
        if corpus.kind == "labels" and post is not None:
            when = datetime.fromtimestamp(post.created, UTC)
            topic = Topic(SITE, post.id, post.title, post.content, author)
            yield ReviewedPost(topic, row.label, corpus.name, corpus.role, when)
        elif row.id is not None and row.created is not None:
            topic = Topic(SITE, row.id, row.title, row.text, author)
            yield ReviewedPost(topic, row.label, corpus.name, corpus.role, row.created)


def without_end(row: Candidate) -> Candidate:
    return row._replace(text=row.text.rstrip(END).rstrip() or row.text)


class Table:
    """Measures variants; the first is what the others are compared with."""

    def __init__(self, task: Task, reviewed: float) -> None:
        self.task, self.reviewed = task, reviewed
        self.first: learn.Scores | None = None
        print(f"{'':42} length  marks  precision  beside the first     right      rows")

    def row(self, variant: Variant, columns: Columns, work: Path) -> None:
        values = self.task.model_dump(mode="json")
        values["dataset"]["balance"] = variant.balance
        task = Task.model_validate(values)
        if variant.look is not None:
            columns = learn.Looking(columns, variant.look)
        selection = select(task, columns, lambda keys: np.full(len(keys), NONE, np.int8), work)
        weights = learn.weights(task, columns, selection, variant.weighted)
        length, marks = learn.biases(task, columns, selection, weights)
        score = learn.fit(task, columns, selection, weights, self.reviewed)
        truth, texts = learn.posts(task, columns, selection)
        scores = score(texts)
        self.first = scores if self.first is None else self.first
        gain, error = learn.gain(truth, scores, self.first)
        precision = float(average_precision_score(truth, scores))
        right = sum((score([clean(text)]) > 0)[0] == ask for text, ask in EXAMPLES)
        rows = int(np.count_nonzero(selection.kept))
        print(
            f"{variant.name:42} {length:6.3f} {marks:6.3f} {precision:10.3f}"
            f"   {gain:+.3f} ± {error:.3f} {right:>8} of {len(EXAMPLES)}"
            f" {rows:9,}",
            flush=True,
        )


if __name__ == "__main__":
    main()
