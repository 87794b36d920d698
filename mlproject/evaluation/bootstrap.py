"""How far chance moves a metric: the same metrics of many samples of the same rows, at once. Pure.

A sample of N rows with replacement is a row of counts, how often each text was drawn; every metric
is a function of those counts, so a block of samples is worked out with a few matrix products.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mlproject.evaluation.calibration import BINS, bin_of, confidences
from mlproject.evaluation.metrics import RECALL_AT, WANTED_PRECISION, decide

RESAMPLES = 1_000
CERTAINTY = 0.975  # of each side: the interval between holds 95 %
SEED = 20_150
CELLS = 1_000_000  # counts worked on at a time

Values = NDArray[np.float64]
Interval = tuple[float, float]


class Sampled:
    """One model's answers to N texts, ready to be measured on samples of them.

    ``labels`` (N,) integers, ``probabilities`` (N, labels); the metrics are those of
    ``metrics.compute``, but for the counts.
    """

    def __init__(
        self, labels: np.ndarray, probabilities: np.ndarray, positive: int | None, threshold: float
    ) -> None:
        rows, self._size = len(labels), probabilities.shape[1]
        self._positive = positive
        chosen = decide(probabilities, positive, threshold)
        cells = labels * self._size + chosen
        self._confusion = _one_hot(cells, np.ones(rows), self._size**2)
        said, so = confidences(labels, probabilities, positive)
        self._gaps = _one_hot(bin_of(said), said - so, BINS)
        wanted = range(self._size) if positive is None else [positive]
        self._ranked = [
            _Ranked(labels == label, probabilities[:, label])
            for label in wanted
            if 0 < (labels == label).sum() < rows
        ]

    def measure(self, counts: NDArray[np.float32]) -> dict[str, Values]:
        """Each metric of each sample (B,), from how often it drew each text (B, N)."""
        confusion = (counts @ self._confusion).reshape(-1, self._size, self._size)
        rows = counts.sum(axis=1, dtype=np.float64)
        hits = np.diagonal(confusion, axis1=1, axis2=2).astype(np.float64)  # (B, labels)
        there = confusion.sum(axis=2, dtype=np.float64)
        chosen = confusion.sum(axis=1, dtype=np.float64)
        scores = {
            "precision": _share(hits, chosen),
            "recall": _share(hits, there),
            "f1": _share(2 * hits, there + chosen),
        }
        result = {"accuracy": hits.sum(axis=1) / rows}
        if self._positive is None:
            used = (there + chosen) > 0
            for name, values in scores.items():
                result[name] = values.sum(axis=1) / used.sum(axis=1)
                result[f"weighted_{name}"] = (values * there).sum(axis=1) / rows
        else:
            result |= {name: values[:, self._positive] for name, values in scores.items()}
        result |= self._by_rank(counts)
        result["calibration_error"] = np.abs(counts @ self._gaps).sum(axis=1) / rows
        return result

    def _by_rank(self, counts: NDArray[np.float32]) -> dict[str, Values]:
        if not self._ranked:
            return {}
        found = [ranked.measure(counts) for ranked in self._ranked]
        averages = np.stack([average for average, _ in found])
        defined = np.isfinite(averages)
        total = np.where(defined, averages, 0).sum(axis=0)
        result = {"average_precision": _ratio(total, defined.sum(axis=0))}
        if self._positive is not None:
            result[RECALL_AT] = found[0][1]
        return result


class _Ranked:
    """The rows by falling probability of one label."""

    def __init__(self, true: np.ndarray, scores: np.ndarray) -> None:
        self._order = np.argsort(-scores, kind="stable")
        self._true = true[self._order].astype(np.float32)
        ordered = scores[self._order]
        self._last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)  # of equal ones

    def measure(self, counts: NDArray[np.float32]) -> tuple[Values, Values]:
        """Average precision, and the highest recall at the wanted precision: (B,) each.

        NaN for a sample without a row of the label.
        """
        ordered = counts[:, self._order]
        chosen = np.cumsum(ordered, axis=1)[:, self._last]  # whole numbers: exact
        ordered *= self._true
        hits = np.cumsum(ordered, axis=1)[:, self._last]
        precision = hits / np.maximum(chosen, 1)
        total = hits[:, -1].astype(np.float64)
        steps = np.diff(hits, axis=1, prepend=np.float32(0))
        average = np.einsum("ij,ij->i", steps, precision, dtype=np.float64)
        enough = np.where(precision >= np.float32(WANTED_PRECISION), hits, 0).max(axis=1)
        return _ratio(average, total), _ratio(enough, total)


def intervals(
    sampled: Sampled, rows: int, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Interval]:
    """The range that holds each metric in 95 % of all samples of its ``rows`` texts."""
    if not rows:
        return {}
    return {
        name: _range(values)
        for name, values in _measured({"": sampled}, rows, resamples, seed)[""].items()
    }


def differences(
    new: Sampled, old: Sampled, rows: int, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Interval]:
    """The range of new minus old, both measured on the same samples (paired bootstrap).

    Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation". That both meet
    the same hard texts leaves out most of what chance does to either.
    """
    if not rows:
        return {}
    found = _measured({"new": new, "old": old}, rows, resamples, seed)
    return {
        name: _range(values - found["old"][name])
        for name, values in found["new"].items()
        if name in found["old"]
    }


def _measured(
    models: Mapping[str, Sampled], rows: int, resamples: int, seed: int
) -> dict[str, dict[str, Values]]:
    blocks: dict[str, list[dict[str, Values]]] = {name: [] for name in models}
    for counts in _draws(rows, resamples, seed):
        for name, model in models.items():
            blocks[name].append(model.measure(counts))
    return {
        name: {metric: np.concatenate([part[metric] for part in parts]) for metric in parts[0]}
        for name, parts in blocks.items()
    }


def _draws(rows: int, resamples: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """How often each of ``rows`` texts is in each sample, (B, rows), some samples at a time."""
    generator = np.random.default_rng(seed)
    block = max(CELLS // rows, 1)
    for begin in range(0, resamples, block):
        size = min(block, resamples - begin)
        drawn = generator.integers(rows, size=(size, rows), dtype=np.int32)
        drawn += (np.arange(size, dtype=np.int32) * rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * rows)
        yield counts.reshape(size, rows).astype(np.float32)


def _one_hot(columns: np.ndarray, values: np.ndarray, width: int) -> csr_matrix:
    rows = len(columns)
    entries = (values.astype(np.float32), columns, np.arange(rows + 1))
    return csr_matrix(entries, shape=(rows, width))


def _share(part: Values, whole: Values) -> Values:
    result: Values = part / np.maximum(whole, 1)
    return result


def _ratio(part: Values, whole: Values) -> Values:
    """NaN where the whole is nothing."""
    result: Values = np.full(len(part), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _range(values: Values) -> Interval:
    """NaN where no sample has the metric."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, (1 - CERTAINTY, CERTAINTY))
    return float(low), float(high)
