"""How good a model finds the posts of ``labelled_posts.jsonl``: one line of a table."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve

from mlproject.dataset.clean import clean
from mlproject.dataset.read import Dataset
from mlproject.evaluation import behaviour
from mlproject.task import Task, beside

EXAMPLES = (True, True, False, False, False, False)  # of the task: which ask for legal help
SAMPLES = 1_000
HEAD = f"{'':34}{'AP':>16}{'F1':>16}  best F1   suite  examples   texts"

Answer = Callable[[list[str]], NDArray[np.float64]]  # texts -> probabilities (N, labels)


@dataclass(frozen=True)
class Figures:
    precision: float  # average precision
    precision_error: float  # standard error, of bootstrap samples
    f1: float  # at the model's own threshold
    f1_error: float
    best: float  # F1 at the best threshold
    suite: float  # share of the behavioural suite that passes
    examples: float  # of the task, answered as they should be
    texts: float  # of the data set

    def line(self, name: str) -> str:
        examples = f"{self.examples:.0f}" if self.examples % 1 == 0 else f"{self.examples:.1f}"
        return (
            f"{name:34}{self.precision:8.3f} ± {self.precision_error:.3f}{self.f1:8.3f} ± "
            f"{self.f1_error:.3f}{self.best:9.3f}{self.suite:8.3f}"
            f"{examples:>5} of {len(EXAMPLES)}{self.texts:8,.0f}"
        )


def measure(task: Task, dataset: Dataset, answer: Answer, threshold: float) -> Figures:
    posts = [row for row in dataset.splits["in_domain"] if row.source == "labelled-posts"]
    truth = np.array([row.label for row in posts])
    found = answer([row.text for row in posts])[:, 1]
    flagged = found >= threshold
    spread = _errors(truth, found, flagged)
    several, recalls, _ = precision_recall_curve(truth, found)
    right = answer(_cleaned(task.examples, task))[:, 1] >= threshold
    return Figures(
        float(average_precision_score(truth, found)),
        spread[0],
        float(f1_score(truth, flagged)),
        spread[1],
        float(np.max(2 * several * recalls / np.maximum(several + recalls, 1e-12))),
        _suite(task, answer, threshold),
        float((right == EXAMPLES).sum()),
        float(sum(len(rows) for rows in dataset.splits.values())),
    )


def mean(several: Sequence[Figures]) -> Figures:
    return Figures(*np.mean([astuple(figures) for figures in several], axis=0).tolist())


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
    found = dict(zip(texts, answer(_cleaned(texts, task)), strict=True))
    return behaviour.judge(cases, found, 1, threshold)["rates"]["all"]["rate"]


def _cleaned(texts: Sequence[str], task: Task) -> list[str]:
    return [clean(text, task.dataset.cleaning) for text in texts]
