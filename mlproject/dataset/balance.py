"""Which rows are too many: caps and shares, so that length and source do not tell the label.

Rows are taken in the order of a hash of their text: what is taken today is taken again when there
is more, as long as the caps let it.
"""

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.columns import Columns
from mlproject.dataset.lengths import shapes
from mlproject.dataset.options import Balance, HardNegatives, MatchShapes, Short
from mlproject.dataset.split import Mask, ranks

SHAPES = 16 * 3 * 32  # classes of length and ending at most


def surplus(
    options: Balance, columns: Columns, free: Mask, fixed: Mask, reference: int
) -> NDArray[np.intp]:
    """Numbers of the rows to leave out.

    Args:
        free: rows that may be left out.
        fixed: rows that are trained or tested on in any case.
        reference: the label whose lengths and ends the other labels are to have.
    """
    left = _Left(columns, free)
    if options.per_source is not None:
        sources = columns.sources
        for source in range(len(columns.source_names)):
            left.limit(sources == source, options.per_source)
    if options.hard_negatives is not None:
        _hard_share(options.hard_negatives, columns, left)
    if options.short is not None:
        _short_share(options.short, columns, left)
    if options.per_class is not None:
        labels = columns.labels
        for label in range(len(columns.label_names)):
            left.limit(labels == label, options.per_class)
    if options.match_shapes is not None:
        _match(options.match_shapes, columns, left, fixed, reference)
    return np.flatnonzero(free & ~left.mask)


class _Left:
    """The rows that are still in."""

    def __init__(self, columns: Columns, free: Mask) -> None:
        self.mask = free.copy()
        self._keys = columns.keys

    def count(self, rows: Mask) -> int:
        return int(np.count_nonzero(rows & self.mask))

    def limit(self, rows: Mask, number: float) -> None:
        """Keep at most so many of these rows."""
        there = np.flatnonzero(rows & self.mask).astype(np.int32)
        if len(there) > number:
            order = np.argsort(ranks(self._keys[there]), kind="stable")
            self.mask[there[order[int(number) :]]] = False


def _hard_share(options: HardNegatives, columns: Columns, left: _Left) -> None:
    """Shrink the side that is too large; nothing where one side is empty."""
    named = [columns.source_names.index(name) for name in options.sources
             if name in columns.source_names]  # fmt: skip
    of_label = columns.labels == columns.label_names.index(options.label)
    hard = of_label & np.isin(columns.sources, named)
    easy = of_label & ~hard
    hard_rows, easy_rows = left.count(hard), left.count(easy)
    if hard_rows and easy_rows:
        whole = min(hard_rows / options.share, easy_rows / (1 - options.share))
        left.limit(hard, round(whole * options.share))
        left.limit(easy, round(whole * (1 - options.share)))


def _short_share(options: Short, columns: Columns, left: _Left) -> None:
    short = columns.lengths < options.below
    labels = columns.labels
    for label in range(len(columns.label_names)):
        of_label = labels == label
        long_rows = left.count(of_label & ~short)
        left.limit(of_label & short, long_rows * options.share / (1 - options.share))


def _match(
    options: MatchShapes, columns: Columns, left: _Left, fixed: Mask, reference: int
) -> None:
    looks, labels = shapes(columns.lengths, columns.endings), columns.labels
    wanted = np.bincount(looks[(left.mask | fixed) & (labels == reference)], minlength=SHAPES)
    wanted = np.maximum(wanted, options.floor * wanted.sum())
    for label in range(len(columns.label_names)):
        if label != reference:
            of_label = labels == label
            there = np.bincount(looks[fixed & of_label], minlength=SHAPES)
            for shape in np.unique(looks[left.mask & of_label]):
                number = max(options.ratio * wanted[shape] - there[shape], 0)
                left.limit(of_label & (looks == shape), number)
