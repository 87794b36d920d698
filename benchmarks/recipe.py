"""What each part of the recipe of ``mlproject/tasks/legal.yaml`` is worth: it is left out once.

    python -m benchmarks.recipe --data FOLDER [--quick] [--network EPOCHS] [--only NAME]

FOLDER has the files of the task, among them ``labelled_posts.jsonl``, which no variant learns from.
A line gives the average precision on those posts and the F1 at the threshold that the variant
chose on its validation split, each with the standard error of 1,000 bootstrap samples; the best F1
that another threshold would have; the share of the behavioural suite that passes; and how many of
the task's six examples are answered as they should be. The model is the one over n-grams alone, or
with ``--network`` the whole one that ``train`` makes (``tiny``, so many epochs).
"""

import argparse
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve

from benchmarks.biases import given
from benchmarks.ngram_model import ngram_model
from mlproject.dataset import build
from mlproject.dataset.assemble import ReviewedPost, candidates
from mlproject.dataset.clean import clean
from mlproject.dataset.read import Dataset
from mlproject.dataset.read import load as read
from mlproject.dataset.split import NONE
from mlproject.evaluation import behaviour
from mlproject.steps.export import small_talk
from mlproject.task import Task, beside, load
from mlproject.training.folder import load as trained
from mlproject.training.origin import Origin
from mlproject.training.plan import plan
from mlproject.training.predict import probabilities
from mlproject.training.tokens import encode
from mlproject.training.tracking import LogTracker
from mlproject.training.train import train

EXAMPLES = (True, True, False, False, False, False)  # of the task: which ask for legal help
SAMPLES = 1_000
BATCH = 64  # texts

Answer = Callable[[list[str]], NDArray[np.float64]]  # texts -> probabilities (N, labels)


@dataclass(frozen=True)
class Variant:
    """``change`` of the task file's keys, dotted; ``without`` sources and corpora of rows."""

    name: str
    change: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()


VARIANTS = (
    Variant("as shipped"),
    Variant("without the labels known by id", without=("topic-labels",)),
    Variant("without reviewed posts", without=("topic-labels", "labelled-posts-train")),
    Variant("without the written posts", without=("written-posts",)),
    Variant("without the short texts written", without=("short-posts",)),
    Variant("without what is told", without=("told-posts",)),
    Variant("without offices, trade and chat", without=("chat-posts",)),
    Variant("without hard negatives", {"dataset.balance.hard_negatives": None},
            ("smile", "lcqmc", "bank-bq", "medical", "zhihu", "everyday")),
    Variant("without titles of posts", {"topics.titles": False}),
    Variant("without cut posts", {"topics.cuts": False}),
    Variant("without small talk around texts", {"dataset.padding": None}),
    Variant("without matching of shapes", {"dataset.balance.match_shapes": None}),
    Variant("without leaving out label noise", {"dataset.noise.leave_out": False}),
    Variant("without near-duplicates found", {"dataset.near_duplicates": None}),
    Variant("reviewed posts count as others", {"training.reviewed_share": None,
                                               "training.reviewed_positive": 1.0}),
    Variant("those that ask count as others", {"training.reviewed_positive": 1.0}),
    Variant("sources count alike", {"training.source_weights": {}}),
    Variant("without n-grams of characters", {"training.character_ngrams": []}),
    Variant("without n-grams of titles", {"training.title_ngrams": []}),
    Variant("without n-grams of tokens", {"training.ngrams": []}),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the real files")
    parser.add_argument("--quick", action="store_true", help="a tenth of each file")
    parser.add_argument("--network", type=int, default=0, metavar="EPOCHS")
    parser.add_argument("--only", action="append", help="a variant's name; may be repeated")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    torch.set_num_threads(options.threads)
    chosen = [one for one in VARIANTS if not options.only or one.name in options.only]
    print(f"{'':34}{'AP':>16}{'F1':>16}  best F1   suite  examples   texts")
    with tempfile.TemporaryDirectory() as name:
        for variant in chosen:
            task = changed(load("legal"), variant)
            dataset = export(task, variant, options.data, 10 if options.quick else 1, Path(name))
            if options.network:
                answer, threshold = whole(task, dataset, options.network, Path(name), options)
            else:
                answer, threshold = ngram_model(task, dataset)
            line(variant.name, task, dataset, answer, threshold)
    print(f"load {os.getloadavg()[0]:.1f}")


def changed(task: Task, variant: Variant) -> Task:
    values = task.model_dump(mode="json")
    for place, value in variant.change.items():
        *parents, key = place.split(".")
        inside = values
        for parent in parents:
            inside = inside[parent]
        inside[key] = value
    return Task.model_validate(values)


def export(task: Task, variant: Variant, data: Path, share: int, home: Path) -> Dataset:
    """The data set that the step would export, every text new."""
    reviews, texts, topics, number = given(task, data, share)
    left = [one for one in reviews if one.reviewer not in variant.without]
    kept = (text for text in texts if text.source not in variant.without)
    talk = small_talk(task.name, task)
    rows = candidates(task, _tested_first(left), kept, topics, number, talk)
    built = build.build(
        task, rows, lambda keys: np.full(len(keys), NONE, np.int8), home / "datasets"
    )
    return read(built.folder)


def _tested_first(reviews: list[ReviewedPost]) -> Iterator[ReviewedPost]:
    yield from sorted(reviews, key=lambda post: post.role != "evaluation")


def whole(
    task: Task, dataset: Dataset, epochs: int, home: Path, options: argparse.Namespace
) -> tuple[Answer, float]:
    """The network with its n-grams, trained anew."""
    what = plan(task, dataset, Origin("tiny"), {"epochs": epochs, **_tried(task)})
    folder, record = train(what, home / "runs", options.threads, LogTracker())
    model, tokenizer = trained(folder).model, trained(folder).tokenizer
    cpu = torch.device("cpu")

    def answer(texts: list[str]) -> NDArray[np.float64]:
        found = probabilities(model, encode(texts, tokenizer, cpu), BATCH, "fp32")
        return found.astype(np.float64)

    return answer, record.threshold


def _tried(task: Task) -> dict[str, Any]:
    """What the values of a base model with random weights would put back."""
    return {} if task.training.ngrams else {"ngrams": ()}


def line(name: str, task: Task, dataset: Dataset, answer: Answer, threshold: float) -> None:
    posts = [row for row in dataset.splits["in_domain"] if row.source == "labelled-posts"]
    truth = np.array([row.label for row in posts])
    found = answer([row.text for row in posts])[:, 1]
    flagged = found >= threshold
    precision = average_precision_score(truth, found)
    spread = _errors(truth, found, flagged)
    several, recalls, _ = precision_recall_curve(truth, found)
    best = np.max(2 * several * recalls / np.maximum(several + recalls, 1e-12))
    right = (
        answer([clean(text, task.dataset.cleaning) for text in task.examples])[:, 1] >= threshold
    )
    texts = sum(len(rows) for rows in dataset.splits.values())
    print(
        f"{name:34}{precision:8.3f} ± {spread[0]:.3f}{f1_score(truth, flagged):8.3f} ± "
        f"{spread[1]:.3f}{best:9.3f}{_suite(task, answer, threshold):8.3f}"
        f"{int((right == EXAMPLES).sum()):5} of {len(EXAMPLES)}{texts:8,}",
        flush=True,
    )


def _errors(
    truth: NDArray[np.int64], found: NDArray[np.float64], flagged: NDArray[np.bool_]
) -> tuple[float, float]:
    """Standard errors of average precision and F1."""
    draw = np.random.default_rng(0)
    drawn = [draw.integers(0, len(truth), len(truth)) for _ in range(SAMPLES)]
    precisions = [average_precision_score(truth[rows], found[rows]) for rows in drawn]
    return float(np.std(precisions)), float(
        np.std([f1_score(truth[rows], flagged[rows]) for rows in drawn])
    )


def _suite(task: Task, answer: Answer, threshold: float) -> float:
    """The share of the cases that pass."""
    path = beside("legal", task.evaluation.behaviour or "")
    cases = behaviour.load(path, task.labels)
    texts = sorted({text for case in cases for text in case.texts})
    found = dict(
        zip(texts, answer([clean(text, task.dataset.cleaning) for text in texts]), strict=True)
    )
    return behaviour.judge(cases, found, 1, threshold)["rates"]["all"]["rate"]


if __name__ == "__main__":
    main()
