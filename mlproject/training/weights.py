"""How much each row counts in the loss."""

import logging
from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.read import Example
from mlproject.errors import InputError
from mlproject.task import Training

log = logging.getLogger(__name__)


def of_rows(
    rows: Sequence[Example], values: Training, reviewed_weight: float | None = None
) -> np.ndarray | None:
    """Weight per row, float32 (rows,) with mean 1; None where all rows weigh the same.

    A reviewed post weighs ``reviewed_weight`` times as much, by default what the values say.

    Raises:
        InputError: every row would weigh 0.
    """
    more = values.reviewed_weight if reviewed_weight is None else reviewed_weight
    sources = {row.source for row in rows}
    factors = {source: _factor(source, values) for source in sources}
    weights = np.array(
        [factors[row.source] * (more if row.reviewed else 1.0) for row in rows],
        dtype=np.float64,
    )
    if not weights.any():
        raise InputError(f"source_weights {values.source_weights}: some row must weigh more than 0")
    if np.all(weights == weights[0]):
        return None
    normalised: np.ndarray = (weights / weights.mean()).astype(np.float32)
    return normalised


def warn_of_missing(rows: Sequence[Example], values: Training) -> None:
    """Name the patterns of the weights that no training row's source matches, in one line."""
    sources = {row.source for row in rows}
    missing = [
        repr(pattern)
        for pattern in values.source_weights
        if not any(fnmatchcase(source, pattern) for source in sources)
    ]
    if missing:
        log.warning("source_weights: no row of split 'train' is from %s", ", ".join(missing))


def after_epochs(
    plain: np.ndarray | None,
    reviewed: NDArray[np.bool_],
    positives: NDArray[np.bool_],
    values: Training,
) -> NDArray[np.float64]:
    """Weight per row, (rows,), of what is fitted when the epochs are over.

    ``plain`` is that of the source. A reviewed row of the positive label counts
    ``reviewed_positive`` times; together the reviewed rows have ``reviewed_share`` of the sum,
    where there are any: beside what nobody has read, and what was written elsewhere, they are few
    and worth most.
    """
    weights = np.ones(len(reviewed)) if plain is None else plain.astype(np.float64)
    weights = weights * np.where(reviewed & positives, values.reviewed_positive, 1.0)
    inside, outside = weights[reviewed].sum(), weights[~reviewed].sum()
    if values.reviewed_share is None or not inside or not outside:
        return weights
    share = values.reviewed_share
    result: NDArray[np.float64] = weights * np.where(
        reviewed, share / inside, (1 - share) / outside
    )
    return result


def _factor(source: str, values: Training) -> float:
    matching = (w for pattern, w in values.source_weights.items() if fnmatchcase(source, pattern))
    return float(np.prod(list(matching)))
