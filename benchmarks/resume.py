"""Sections of résumés: what ``train`` makes of as many texts as a published model learnt from.

    python -m benchmarks.resume --data FOLDER [--base-model tiny] [--seeds N] [--quick]

FOLDER has ``resume_chunks.jsonl.gz``. Each line is measured on the test split of the same data set:
the published figures (of other test texts), the network with the task's values, the same without
n-grams beside it, and TF-IDF with logistic regression on the very texts that the network learnt
from. After each figure the standard error of 1,000 bootstrap samples.
"""

import argparse
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.recipe import VARIANTS, export
from mlproject.dataset.read import Dataset
from mlproject.evaluation import metrics
from mlproject.evaluation.baselines.linear import Linear
from mlproject.task import Task, load
from mlproject.training.folder import load as trained
from mlproject.training.origin import Origin
from mlproject.training.plan import plan
from mlproject.training.predict import probabilities
from mlproject.training.sample import sample
from mlproject.training.tokens import encode
from mlproject.training.tracking import LogTracker
from mlproject.training.train import train

SAMPLES = 1_000
BATCH = 64  # texts
WITHOUT: dict[str, Any] = {"ngrams": (), "character_ngrams": (), "title_ngrams": ()}
PUBLISHED = "bert-base-uncased, published     0.855              -  0.857"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the real file")
    parser.add_argument("--base-model", default="tiny")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each kind")
    parser.add_argument("--quick", action="store_true", help="one epoch")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    torch.set_num_threads(options.threads)
    task = load("resume")
    with tempfile.TemporaryDirectory() as name:
        dataset = export(task, VARIANTS[0], options.data, 1, Path(name))
        rows = {split: len(rows) for split, rows in dataset.splits.items()}
        print(f"{rows}, of train at most {task.training.max_texts}")
        print(f"{'test split':32} accuracy       macro F1       weighted F1")
        print(PUBLISHED)
        for seed in range(options.seeds):
            given = {"seed": task.training.seed + seed, **({"epochs": 1} if options.quick else {})}
            for what, more in (("", {}), (", without n-grams", WITHOUT)):
                answers = _network(task, dataset, given | more, Path(name), options)
                _line(f"{options.base_model}{what}, seed {given['seed']}", dataset, answers)
        _line("TF-IDF + logistic regression", dataset, _linear(task, dataset))
    print(f"load {os.getloadavg()[0]:.1f}")


def _network(
    task: Task, dataset: Dataset, given: dict[str, Any], home: Path, options: argparse.Namespace
) -> NDArray[np.float64]:
    what = plan(task, dataset, Origin(options.base_model), given)
    folder, _ = train(what, home / "runs", options.threads, LogTracker())
    found = trained(folder)
    tokens = encode(_test_texts(dataset), found.tokenizer, torch.device("cpu"))
    return probabilities(found.model, tokens, BATCH, "fp32").astype(np.float64)


def _linear(task: Task, dataset: Dataset) -> NDArray[np.float64]:
    rows = sample(dataset.splits["train"], task.training.max_texts, task.training.seed)
    model = Linear.fit([row.text for row in rows], np.array([row.label for row in rows]))
    return model.predict(_test_texts(dataset)).astype(np.float64)


def _test_texts(dataset: Dataset) -> list[str]:
    return [row.text for row in dataset.splits["test"]]


def _line(name: str, dataset: Dataset, answers: NDArray[np.float64]) -> None:
    labels = np.array([row.label for row in dataset.splits["test"]])
    draw = np.random.default_rng(0)
    drawn = [draw.integers(0, len(labels), len(labels)) for _ in range(SAMPLES)]
    whole = metrics.compute(labels, answers)
    several = [metrics.compute(labels[rows], answers[rows]) for rows in drawn]
    figures = [
        f"{whole[key]:.3f} ± {np.std([each[key] for each in several]):.3f}"
        for key in ("accuracy", "f1", "weighted_f1")
    ]
    print(f"{name:32} {'  '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()
