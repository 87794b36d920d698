"""How much the network and the n-grams beside it count, and from where on a text is flagged."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from mlproject.evaluation.calibration import best_threshold
from mlproject.training.batches import by_length
from mlproject.training.ngrams import Ngrams
from mlproject.training.tokens import Tokens

BATCH = 64  # texts
LARGEST = 20.0  # factor of either model's logits
SMALLEST = 0.05
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


@torch.inference_mode()
def ngram_logits(model: Ngrams, tokens: Tokens) -> Logits:
    """(texts, labels), in the order of the texts."""
    batches, order = by_length(tokens.lengths, BATCH, tokens.ids.device)
    found = torch.cat([model(*tokens.padded(batch)) for batch in batches]).cpu().double().numpy()
    result = np.empty_like(found)
    result[order] = found
    return result


def mix(
    network: Logits, ngrams: Logits | None, labels: NDArray[np.int64], weights: NDArray[np.float64]
) -> Mixture:
    """The mixture under which the labels are most likely, each row weighted.

    With the network alone it is the temperature of Guo et al. 2017, "On Calibration of Modern
    Neural Networks". The loss is convex in the two factors, so that it has one minimum.
    """
    parts = [network] if ngrams is None else [network, ngrams]
    rows, share = np.arange(len(labels)), weights / weights.sum()

    def loss(factors: NDArray[np.float64]) -> float:
        total = sum(factor * part for factor, part in zip(factors, parts, strict=True))
        return -float(share @ log_softmax(total, axis=1)[rows, labels])

    bounds = [(SMALLEST, LARGEST), (0.0, LARGEST)][: len(parts)]
    found = minimize(loss, np.ones(len(parts)), method="L-BFGS-B", bounds=bounds).x
    return Mixture(1 / float(found[0]), float(found[1] / found[0]) if len(parts) > 1 else 0.0)


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
