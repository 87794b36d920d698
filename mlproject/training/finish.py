"""What a trained network still needs: the linear model beside it, temperature, threshold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from mlproject.evaluation import metrics
from mlproject.task import Training
from mlproject.training import linear, mixture, weights
from mlproject.training.ngrams import Ngrams
from mlproject.training.predict import probabilities
from mlproject.training.step import Split

BATCH = 128  # texts that the network answers together


@dataclass(frozen=True)
class Finished:
    weights: dict[str, Tensor]  # softmax of their logits is calibrated
    temperature: float
    ngram_share: float  # what the n-grams' logits were multiplied by before the temperature
    threshold: float
    scores: dict[str, float]  # on the validation split

    def record(self) -> dict[str, Any]:
        """What of it the record of a training has."""
        return {
            "temperature": self.temperature,
            "ngram_share": self.ngram_share,
            "threshold": self.threshold,
            "calibrated": {name: float(value) for name, value in self.scores.items()},
        }


def finish(
    model: nn.Module,
    best: dict[str, Tensor],
    train: Split,
    validation: Split,
    values: Training,
    positive: int | None,
    blank: Ngrams | None,
) -> Finished:
    """Fit ``blank`` on ``train``; choose its share, temperature and threshold on ``validation``.

    Temperature and share are multiplied into the weights, so that what serves them need not know.
    """
    model.load_state_dict(best)
    network = mixture.logits_of(probabilities(model, validation.tokens, BATCH, values.precision))
    beside = None
    if blank is not None:
        counts = _weights(train, values, positive)
        beside = linear.fit(blank, train.tokens, train.labels, counts, values.ngram_strength)
    ngrams = None if beside is None else mixture.ngram_logits(beside, validation.tokens)
    shares = _weights(validation, values, positive)
    mixed = mixture.mix(network, ngrams, validation.labels, shares, positive)
    answers = mixture.probabilities(mixed, network, ngrams)
    threshold = mixture.threshold(
        answers, validation.labels, shares, positive, values.threshold_precision
    )
    return Finished(
        _folded(best, beside, mixed),
        *(mixed.temperature, mixed.share, threshold),
        metrics.compute(validation.labels, answers, positive, threshold),
    )


def _weights(split: Split, values: Training, positive: int | None) -> NDArray[np.float64]:
    reviewed = np.zeros(len(split.labels), bool) if split.reviewed is None else split.reviewed
    return weights.after_epochs(split.plain, reviewed, split.labels == positive, values)


def _folded(
    best: dict[str, Tensor], ngrams: Ngrams | None, mixed: mixture.Mixture
) -> dict[str, Tensor]:
    result = dict(best)
    for name in ("output.weight", "output.bias"):
        result[name] = best[name] / mixed.temperature
    if ngrams is not None:
        found = {name: value.cpu() for name, value in ngrams.state_dict().items()}
        for name in ("weight", "bias"):
            found[name] = found[name] * (mixed.share / mixed.temperature)
        result |= {f"ngrams.{name}": value for name, value in found.items()}
    return {name: value.contiguous() for name, value in result.items()}
