"""What the length and the punctuation of a data set's texts tell of its labels."""

import numpy as np

from mlproject.dataset import probe
from mlproject.dataset.columns import Columns
from mlproject.dataset.select import Selection
from mlproject.dataset.split import TEST, TRAIN, Mask, ranks
from mlproject.task import Task

Score = dict[str, float] | None


def biases(task: Task, columns: Columns, selection: Selection) -> dict[str, Score]:
    """Scores on the test split of classifiers learnt from the train split: see ``probe.score``."""
    positive = task.labels.index(task.reference)
    learn, test = (_sample(columns, selection.in_split(split)) for split in (TRAIN, TEST))
    labels = [columns.labels[rows].astype(np.int64) for rows in (learn, test)]
    found: dict[str, Score] = {}
    for name, features in (("length", probe.of_length), ("punctuation", probe.of_punctuation)):
        tables = [features(text for _, text in columns.texts(rows)) for rows in (learn, test)]
        found[name] = probe.score(tables[0], labels[0], tables[1], labels[1], positive)
    return found


def _sample(columns: Columns, rows: Mask) -> Mask:
    numbers = np.flatnonzero(rows)
    if len(numbers) > probe.MOST:
        order = np.argsort(ranks(columns.keys[numbers], salt=3), kind="stable")
        rows[numbers[order[probe.MOST :]]] = False
    return rows
