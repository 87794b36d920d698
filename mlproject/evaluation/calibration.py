"""What turns a network's outputs into decisions, chosen on labelled texts. Pure."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, logit

COOLEST, HOTTEST = 0.05, 20.0  # a temperature beyond says that there is too little to choose from
LEAST = 1e-12  # a probability below is taken as this one
BINS = 15  # of equal width, as Guo et al. take them
# Log-odds. A threshold that fits a few dozen positive rows exactly is mostly their chance; of 0.1
# to 1.5 this lost least on rows held out (docs/training.md).
SPREAD = 0.5
STEP = 0.01  # log-odds between two thresholds that are looked at


def temperature(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The T that makes softmax(logits / T) most likely: it minimises the mean -log p of the labels.

    Guo et al. 2017, "On Calibration of Modern Neural Networks". ``logits`` (N, labels) may be
    log-probabilities, which differ from logits by a constant per row; ``labels`` (N,) integers.
    Between 0.05 and 20; 1 without rows or where all logits of each row are alike. The likelihood
    has one maximum, since the loss is convex in 1 / T. With ``weights`` (N,) a
    row counts as so many.
    """
    scores = np.asarray(logits, dtype=np.float64)
    if not len(scores) or not np.ptp(scores, axis=1).any():
        return 1.0
    rows = np.arange(len(labels))

    def loss(log_t: float) -> float:
        found = log_softmax(scores / np.exp(log_t), axis=1)[rows, labels]
        return -float(np.average(found, weights=weights))

    bounds = (np.log(COOLEST), np.log(HOTTEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-5})
    return float(np.exp(found.x))


def confidences(
    labels: np.ndarray, probabilities: np.ndarray, positive: int | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What is said of each row, (N,), and whether it is so, (N,).

    The positive label's probability; without one that of the most probable label.
    """
    column = np.argmax(probabilities, axis=1) if positive is None else positive
    said = np.asarray(probabilities, dtype=np.float64)[np.arange(len(labels)), column]
    return said, np.asarray(labels) == column


def bin_of(said: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin, 0 to 14, that each probability falls in."""
    return np.clip((said * BINS).astype(np.int64), 0, BINS - 1)


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, positive: int | None = None
) -> float:
    """Mean distance between what is said and how often it is so, over bins weighted by rows.

    Guo et al. 2017, equation 3. Of the positive label's probability; without one, of that of the
    most probable label. 0 without rows.
    """
    said, so = confidences(labels, probabilities, positive)
    gaps = np.bincount(bin_of(said), weights=said - so, minlength=BINS)
    return float(np.abs(gaps).sum() / max(len(said), 1))


def best_threshold(
    labels: np.ndarray,
    probabilities: np.ndarray,
    positive: int,
    precision: float | None = None,
    weights: np.ndarray | None = None,
) -> float:
    """The threshold, from which on a text counts as positive, that does best on these texts.

    Without ``precision`` that with the highest F1, each text's log-odds spread over a normal
    distribution of standard deviation ``SPREAD``. With it the lowest one that reaches the
    precision, so the highest recall; where none reaches it, the one with the highest precision.
    Midway between two probabilities that occur, which a small change of them does not cross.
    ``labels`` (N,) integers, ``probabilities`` (N, labels); with ``weights`` (N,) a row counts as
    so many. 0.5 without a positive row.
    """
    true = np.asarray(labels) == positive
    if not true.any():
        return 0.5
    scores = np.asarray(probabilities)[:, positive].astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    rows = np.ones(len(true)) if weights is None else np.asarray(weights, dtype=np.float64)
    scores, true, rows = scores[order], true[order], rows[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # of equal probabilities
    if precision is None:
        chosen = int(np.searchsorted(-scores[last], -_smooth_f1(scores, true, rows))) - 1
        return _between(scores, int(last[max(chosen, 0)]))
    reached = (np.cumsum(rows * true) / np.cumsum(rows))[last]
    enough = np.flatnonzero(reached >= precision)
    best = int(enough[-1]) if len(enough) else int(np.flatnonzero(reached == reached.max())[-1])
    return _between(scores, int(last[best]))


def _smooth_f1(
    scores: NDArray[np.float64], true: NDArray[np.bool_], rows: NDArray[np.float64]
) -> float:
    """The probability where F1 is highest when each text's log-odds are spread.

    In the middle where several in a row are as good.
    """
    odds = logit(np.clip(scores, LEAST, 1 - LEAST))
    edges = np.arange(odds.min() - 4 * SPREAD, odds.max() + 4 * SPREAD, STEP)

    def above(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much of the weight lies above each edge but the last."""
        there, _ = np.histogram(odds, edges, weights=weights)
        return np.cumsum(gaussian_filter1d(there, SPREAD / STEP, mode="constant")[::-1])[::-1]

    f1 = 2 * above(rows * true) / (above(rows) + (rows * true).sum())
    best = np.flatnonzero(f1 >= f1.max() - LEAST)
    run = best[: 1 + int(np.argmax(np.append(np.diff(best), 2) > 1))]
    return float(expit(edges[run].mean()))


def _between(scores: NDArray[np.float64], row: int) -> float:
    """Above it are the rows up to ``row``, also when it is compared in single precision."""
    value = float(scores[row])
    below = float(scores[row + 1]) if row + 1 < len(scores) else 0.0
    middle = (value + below) / 2
    return middle if below < np.float32(middle) < value else value
