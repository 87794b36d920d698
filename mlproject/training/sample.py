"""A few rows of a split, for a first try."""

from collections.abc import Sequence

import numpy as np

from mlproject.dataset.read import Example


def sample(rows: Sequence[Example], most: int | None, seed: int) -> Sequence[Example]:
    """At most so many rows, in their order; of each label about as many, and one at least."""
    if most is None or len(rows) <= most:
        return rows
    order = np.random.default_rng(seed).permutation(len(rows))
    labels = np.array([rows[at].label for at in order])
    nth = np.zeros(len(rows), dtype=np.int64)  # of its label, in that order
    for label in np.unique(labels):
        nth[labels == label] = np.arange(np.count_nonzero(labels == label))
    chosen = order[np.argsort(nth, kind="stable")[: max(most, len(np.unique(labels)))]]
    return [rows[at] for at in np.sort(chosen)]
