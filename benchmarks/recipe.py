"""What each part of the recipe of ``mlproject/tasks/legal.yaml`` is worth: it is left out once.

    python -m benchmarks.recipe --data FOLDER [--quick] [--only NAME]
    python -m benchmarks.recipe --data FOLDER --network EPOCHS [--base-model tiny] [--pretrain]
        [--seeds N] [--only NAME]

FOLDER has the files of the task, among them ``labelled_posts.jsonl``, which no variant learns from.
A line gives the average precision on those posts and the F1 at the threshold that the variant
chose on its validation split, each with the standard error of 1,000 bootstrap samples; the best F1
that another threshold would have; the share of the behavioural suite that passes; and how many of
the task's six examples are answered as they should be. The model is the one over n-grams alone, or
with ``--network`` the whole one that ``train`` makes in so many epochs, from ``--base-model`` (a
hub name, a folder, or random weights), with ``--pretrain`` after masked-language modelling of all
texts. ``--seeds`` trains it so many times: a line each, and their mean.
"""

import argparse
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.biases import given as rows_of
from benchmarks.figures import HEAD, Answer, mean, measure
from benchmarks.ngram_model import ngram_model
from mlproject.dataset import build
from mlproject.dataset.assemble import ReviewedPost, candidates
from mlproject.dataset.read import Dataset
from mlproject.dataset.read import load as read
from mlproject.dataset.split import NONE
from mlproject.steps.export import small_talk
from mlproject.task import Task, load
from mlproject.training.folder import load as trained
from mlproject.training.origin import Origin
from mlproject.training.plan import plan
from mlproject.training.predict import probabilities
from mlproject.training.tokens import encode
from mlproject.training.tracking import LogTracker
from mlproject.training.train import train

BATCH = 64  # texts


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
    parser.add_argument("--base-model", default="tiny", help="of the network")
    parser.add_argument("--pretrain", action="store_true", help="the network, on all texts first")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of the network")
    parser.add_argument("--only", action="append", help="a variant's name; may be repeated")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    torch.set_num_threads(options.threads)
    chosen = [one for one in VARIANTS if not options.only or one.name in options.only]
    print(HEAD)
    with tempfile.TemporaryDirectory() as name:
        for variant in chosen:
            task = changed(load("legal"), variant)
            dataset = export(task, variant, options.data, 10 if options.quick else 1, Path(name))
            lines(variant.name, task, dataset, Path(name), options)
    print(f"load {os.getloadavg()[0]:.1f}")


def lines(name: str, task: Task, dataset: Dataset, home: Path, options: argparse.Namespace) -> None:
    """One of the n-grams alone, or one for each training of the network and their mean."""
    if not options.network:
        print(measure(task, dataset, *ngram_model(task, dataset)).line(name), flush=True)
        return
    found = []
    for seed in range(task.training.seed, task.training.seed + options.seeds):
        found.append(measure(task, dataset, *whole(task, dataset, seed, home, options)))
        shown = name if options.seeds == 1 else f"{name}, seed {seed}"
        print(found[-1].line(shown), flush=True)
    if len(found) > 1:
        print(mean(found).line(f"{name}, mean"), flush=True)


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
    reviews, texts, topics, number = rows_of(task, data, share)
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
    task: Task, dataset: Dataset, seed: int, home: Path, options: argparse.Namespace
) -> tuple[Answer, float]:
    """The network with its n-grams, trained anew."""
    given = {"epochs": options.network, "seed": seed, "pretrain": options.pretrain}
    what = plan(task, dataset, Origin(options.base_model), given | _tried(task))
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


if __name__ == "__main__":
    main()
