"""How much the network and the n-grams beside it count, and from where on a text is flagged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import average_precision_score

from mlproject.evaluation.calibration import best_threshold, temperature
from mlproject.training.ngrams import Ngrams
from mlproject.training.predict import in_parts
from mlproject.training.tokens import Tokens

BATCH = 64  # texts
SAYS = (1.0, 2.0, 4.0, 0.5)  # of several that are as good the first
LEAST = 1e-12  # a probability below is taken as this one

Logits = NDArray[np.float64]  # (texts, labels)


@dataclass(frozen=True)
class Mixture:
    """Probabilities are the softmax of (network + share times n-grams) / temperature."""

    temperature: float
    share: float


def logits_of(probabilities: NDArray[np.float32]) -> Logits:
    """Logits but for a constant per row."""
    logs: Logits = np.log(np.maximum(probabilities.astype(np.float64), LEAST))
    return logs


def ngram_logits(model: Ngrams, tokens: Tokens) -> Logits:
    """(texts, labels), in the order of the texts."""
    found: Logits = in_parts(model, tokens, BATCH).double().numpy()
    return found


def mix(
    network: Logits,
    ngrams: Logits | None,
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    positive: int | None = None,
) -> Mixture:
    """What each model has to say.

    With equal say their logits have one spread over the weighted rows. With a positive label the
    n-grams say as many times that as orders the rows best, of ``SAYS`` (average precision).
    The share that makes the labels most likely orders real posts worse: it is settled by texts
    that are easy for a network, and where all are, it leaves the n-grams out. The temperature is
    that of Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    share = 0.0
    if ngrams is not None and (wide := _spread(ngrams, weights)):
        share = _spread(network, weights) / wide
        if positive is not None:
            share *= _say(network, share * ngrams, labels == positive, weights, positive)
    total = network if ngrams is None else network + share * ngrams
    return Mixture(temperature(total, labels, weights), share)


def _say(
    network: Logits,
    ngrams: Logits,
    positives: NDArray[np.bool_],
    weights: NDArray[np.float64],
    positive: int,
) -> float:
    def precision(say: float) -> float:
        found = softmax(network + say * ngrams, axis=1)[:, positive]
        return float(average_precision_score(positives, found, sample_weight=weights))

    return max(SAYS, key=precision) if positives.any() else SAYS[0]


def _spread(logits: Logits, weights: NDArray[np.float64]) -> float:
    """Standard deviation of the weighted rows' logits, each row's taken from its mean."""
    centred = logits - logits.mean(axis=1, keepdims=True)
    share = weights / weights.sum()
    middle = share @ centred
    return float(np.sqrt((share @ (centred - middle) ** 2).sum()))


def probabilities(mixture: Mixture, network: Logits, ngrams: Logits | None) -> Logits:
    """(texts, labels)"""
    total = network if ngrams is None else network + mixture.share * ngrams
    found: Logits = softmax(total / mixture.temperature, axis=1)
    return found


def threshold(
    probabilities: Logits,
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    positive: int | None,
    precision: float | None,
) -> float:
    """The positive label's threshold that does best on these rows; 0.5 without such a label."""
    if positive is None:
        return 0.5
    return best_threshold(labels, probabilities, positive, precision, weights)
