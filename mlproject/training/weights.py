"""How much each row counts in the loss."""

import logging
from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

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
    for pattern in values.source_weights:
        if not any(fnmatchcase(source, pattern) for source in sources):
            log.warning("source_weights: no row of split 'train' is from %r", pattern)
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


def _factor(source: str, values: Training) -> float:
    matching = (w for pattern, w in values.source_weights.items() if fnmatchcase(source, pattern))
    return float(np.prod(list(matching)))
