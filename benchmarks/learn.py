"""What ``benchmarks.biases`` learns from a selection of rows."""

from collections.abc import Callable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset import probe
from mlproject.dataset.columns import Columns
from mlproject.dataset.features import rows as ngrams
from mlproject.dataset.lengths import ending
from mlproject.dataset.row import Kind
from mlproject.dataset.select import Selection
from mlproject.dataset.split import IN_DOMAIN, TEST, TRAIN, Mask, ranks
from mlproject.task import Task

EPOCHS = 3
BATCH = 2_000  # texts
MOST = 5.0  # no row counts more often than this for looking rare

Weights = NDArray[np.float64]
Scores = NDArray[np.float64]


class Looking(Columns):
    """Columns whose texts are told apart by something else than their end."""

    def __init__(self, columns: Columns, look: Callable[[str], int]) -> None:
        self.__dict__.update(columns.__dict__)
        everything = np.ones(len(columns), bool)
        self._looks = np.array([look(text) for _, text in columns.texts(everything)], np.uint8)

    @property
    def endings(self) -> NDArray[np.uint8]:
        return self._looks


def marks(text: str) -> int:
    """The end of a text and how many marks it has: none or one, up to three, up to seven, more."""
    number = sum(text.count(sign) for sign in probe.SIGNS)
    return 3 * min(max(number.bit_length() - 1, 0), 3) + ending(text)


def weights(task: Task, columns: Columns, selection: Selection, by: str) -> Weights:
    """A weight for every row: what its label is by chance over what its looks say of it.

    The looks (length, or length and marks) are asked of a forest that is trained on one half of
    the rows for the other half. (Rosenbaum and Rubin 1983, stabilised.)
    """
    found = np.ones(len(columns))
    if not by:
        return found
    from sklearn.ensemble import RandomForestClassifier

    for split in (TRAIN, TEST):
        numbers = np.flatnonzero(selection.in_split(split))
        table = looks(columns, selection.in_split(split), by)
        labels = columns.labels[numbers]
        half = ranks(selection.groups[numbers], salt=5) < 0.5
        for learn, ask in ((half, ~half), (~half, half)):
            model = RandomForestClassifier(60, min_samples_leaf=20, random_state=0, n_jobs=1)
            chances = model.fit(table[learn], labels[learn]).predict_proba(table[ask])
            share = np.bincount(labels, minlength=len(task.labels)) / len(labels)
            place = np.searchsorted(model.classes_, labels[ask])
            own = chances[np.arange(len(place)), place]
            found[numbers[ask]] = np.clip(
                share[labels[ask]] / np.maximum(own, 1e-3), 1 / MOST, MOST
            )
    return found


def looks(columns: Columns, rows: Mask, by: str) -> probe.Features:
    texts = [text for _, text in columns.texts(rows)]
    length = probe.of_length(texts)
    return length if by == "length" else np.hstack([length, probe.of_punctuation(texts)])


def biases(
    task: Task, columns: Columns, selection: Selection, weight: Weights
) -> tuple[float, float]:
    """ROC AUC of length and of punctuation on the test split, rows weighted as in training."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    found = []
    for features in (probe.of_length, probe.of_punctuation):
        sides = []
        for split in (TRAIN, TEST):
            rows = sample(columns, selection.in_split(split))
            texts = (text for _, text in columns.texts(rows))
            sides.append((features(texts), columns.labels[rows] == wanted(task), weight[rows]))
        (table, labels, counts), (test, truth, test_counts) = sides
        model = RandomForestClassifier(60, min_samples_leaf=10, random_state=0, n_jobs=1)
        model.fit(table, labels, counts)
        score = model.predict_proba(test)[:, 1]
        found.append(float(roc_auc_score(truth, score, sample_weight=test_counts)))
    return found[0], found[1]


def sample(columns: Columns, rows: Mask) -> Mask:
    numbers = np.flatnonzero(rows)
    order = np.argsort(ranks(columns.keys[numbers], salt=3), kind="stable")
    rows[numbers[order[probe.MOST :]]] = False
    return rows


def fit(
    task: Task, columns: Columns, selection: Selection, weight: Weights, reviewed: float
) -> Callable[[list[str]], Scores]:
    """What a linear model of n-grams finds texts to be: above 0 the wanted label.

    A post that somebody has read counts as ``reviewed`` others when the model learns.
    """
    from sklearn.linear_model import SGDClassifier

    train = selection.in_split(TRAIN)
    kinds, labels = columns.kinds[train], columns.labels[train] == wanted(task)
    counts = weight[train] * np.where(kinds & Kind.REVIEWED, reviewed, 1)
    sums = np.bincount(labels, counts)
    counts *= counts.sum() / (2 * sums[labels.astype(int)]) / counts.mean()
    model = SGDClassifier(loss="log_loss", alpha=1e-6, random_state=0, average=True)
    for _ in range(EPOCHS):
        begin, source = 0, (text for _, text in columns.texts(train))
        while texts := list(islice(source, BATCH)):
            part = slice(begin, begin + len(texts))
            model.partial_fit(ngrams(texts), labels[part], (False, True), counts[part])
            begin += len(texts)
    return lambda texts: np.asarray(model.decision_function(ngrams(texts)), np.float64)


def posts(task: Task, columns: Columns, selection: Selection) -> tuple[Mask, list[str]]:
    """The posts of the evaluation corpora: whether they are wanted, and their texts."""
    kept = selection.in_split(IN_DOMAIN) & ((columns.kinds & Kind.EVALUATION) != 0)
    return columns.labels[kept] == wanted(task), [text for _, text in columns.texts(kept)]


def wanted(task: Task) -> int:
    return task.labels.index(task.reference)


def gain(truth: Mask, score: Scores, other: Scores) -> tuple[float, float]:
    """How much better in average precision than the other, and the standard error of that.

    The error is that of 200 samples of the posts with replacement, the same for both.
    """
    from sklearn.metrics import average_precision_score as precision

    found = precision(truth, score) - precision(truth, other)
    chance = np.random.default_rng(0)
    draws = (chance.integers(0, len(truth), len(truth)) for _ in range(200))
    gains = [precision(truth[at], score[at]) - precision(truth[at], other[at]) for at in draws]
    return float(found), float(np.std(gains))
