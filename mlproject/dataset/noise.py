"""Likely mislabelled rows: cleanlab over the out-of-fold probabilities of a linear model."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.split import ranks

BATCH = 2_000  # texts
EPOCHS = 2
FEWEST = 10  # rows of each label

Texts = Callable[[], Iterable[tuple[int, str]]]  # the same rows each time


@dataclass(frozen=True)
class Suspects:
    rows: NDArray[np.int64]  # numbers, the worst first
    suggested: NDArray[np.int64]  # the label that the model finds
    quality: NDArray[np.float64]  # probability of the label given; low is bad
    examined: int


NOTHING = Suspects(np.array([], np.int64), np.array([], np.int64), np.array([]), 0)


def find(
    texts: Texts,
    numbers: NDArray[np.int64],
    given: NDArray[np.int64],
    groups: NDArray[np.int64],
    number_of_labels: int,
    folds: int,
) -> Suspects:
    """Rows whose label is probably wrong.

    Args:
        texts: numbers and texts of the rows to examine, ascending.
        numbers: their numbers.
        given, groups: their labels and groups.
        folds: models; rows of one group are in one fold.
    """
    if np.bincount(given, minlength=number_of_labels).min() < FEWEST:
        return NOTHING
    fold = (ranks(groups, salt=2) * folds).astype(np.int64)
    probabilities = _out_of_fold(texts, given, fold, number_of_labels, folds)
    from cleanlab.filter import find_label_issues

    worst = find_label_issues(
        given,
        probabilities,
        filter_by="both",
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    ).astype(np.int64)
    suggested = probabilities[worst].argmax(axis=1)
    other = suggested != given[worst]
    worst, suggested = worst[other], suggested[other]
    quality = probabilities[worst, given[worst]].astype(np.float64)
    return Suspects(numbers[worst], suggested, quality, len(numbers))


def _out_of_fold(
    texts: Texts, given: NDArray[np.int64], fold: NDArray[np.int64], labels: int, folds: int
) -> NDArray[np.float32]:
    """What a model that has not seen a row's fold says of it: (rows, labels)."""
    from sklearn.linear_model import SGDClassifier

    from mlproject.dataset.features import rows

    weights = len(given) / (labels * np.bincount(given, minlength=labels))
    models = [SGDClassifier(loss="log_loss", alpha=1e-6, random_state=0, average=True)
              for _ in range(folds)]  # fmt: skip
    classes = np.arange(labels)
    for _ in range(EPOCHS):
        for begin, batch in _batches(texts):
            matrix, end = rows(batch), begin + len(batch)
            for number, model in enumerate(models):
                y = given[begin:end]
                learn = weights[y] * (fold[begin:end] != number)
                if learn.any():  # a batch may be of one fold alone
                    model.partial_fit(matrix, y, classes, sample_weight=learn)
    probabilities = np.zeros((len(given), labels), np.float32)
    for begin, batch in _batches(texts):
        matrix, end = rows(batch), begin + len(batch)
        for number, model in enumerate(models):
            ask = fold[begin:end] == number
            if ask.any():
                probabilities[begin:end][ask] = model.predict_proba(matrix[ask])
    return probabilities


def _batches(texts: Texts) -> Iterator[tuple[int, list[str]]]:
    begin, source = 0, iter(texts())
    while batch := [text for _, text in islice(source, BATCH)]:
        yield begin, batch
        begin += len(batch)
