"""One step of a classifier's training."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mlproject.task import Training
from mlproject.training import packed, schedule
from mlproject.training.attention import has_variable_length
from mlproject.training.batches import Batch, Packed, within
from mlproject.training.descent import Descent
from mlproject.training.device import precision
from mlproject.training.group import Group
from mlproject.training.loss import FocalLoss, inverse_frequency
from mlproject.training.model import Classifier
from mlproject.training.tokens import Tokens

WORTH_COMPILING = 50_000  # texts: compiling takes a minute


@dataclass(frozen=True)
class Split:
    tokens: Tokens
    labels: np.ndarray  # (texts,) int64
    weights: np.ndarray | None = None  # (texts,) float32 with mean 1, of the loss
    plain: np.ndarray | None = None  # the same without ``reviewed_weight``
    reviewed: np.ndarray | None = None  # (texts,) bool: somebody has read that very post


class Stepper(Descent):
    """Model, loss and optimiser; ``step`` gives the sum of the losses, a scalar."""

    def __init__(
        self, model: nn.Module, train: Split, values: Training, labels: int, group: Group
    ) -> None:
        device = train.tokens.ids.device
        optimizer = schedule.build(model.to(device), values.learning_rate, values.weight_decay)
        super().__init__(
            model, train.tokens, optimizer, values.precision, values.micro_tokens, group
        )
        self.labels = torch.from_numpy(train.labels).to(device)
        weights = None if train.weights is None else torch.from_numpy(train.weights)
        self.weights = None if weights is None else weights.to(device)
        self.loss = _loss(values, train, labels).to(device)
        self._packed = _compiled(values, device, len(train.labels))

    def accumulate(self, rows: np.ndarray, batch: np.ndarray) -> Tensor:
        total = torch.zeros((), device=self.device)
        if len(rows) == 0:
            return total
        for part in within(rows, self.tokens.lengths, self.part):
            with precision(self.device, self.precision):
                logits, at = self._forward(part)
            weights = None if self.weights is None else self.weights[at]
            loss = self.loss(logits, self.labels[at], weights)
            self.scaler.scale(loss * (len(part) / len(batch))).backward()
            total += loss.detach() * len(part)
        return total

    def _forward(self, part: np.ndarray) -> tuple[Tensor, Tensor]:
        """Logits and, in the same order, which texts they are of."""
        if isinstance(self.model, Classifier):
            found = self.tokens.packed(part)
            return self._packed(self.model, found), found.rows
        at = torch.from_numpy(part).to(self.device)
        batch = Batch(at, int(self.tokens.lengths[part].max()))
        return self.model(*self.tokens.padded(batch)), at


def _loss(values: Training, train: Split, labels: int) -> FocalLoss:
    alpha = values.focal_alpha
    if alpha is None and values.balance_labels:
        alpha = inverse_frequency(train.labels, labels, train.weights)
    return FocalLoss(values.focal_gamma, alpha, values.label_smoothing)


def _compiled(
    values: Training, device: torch.device, texts: int
) -> Callable[[Classifier, Packed], Tensor]:
    worth = has_variable_length(device) and texts * values.epochs >= WORTH_COMPILING
    wanted = worth if values.compile is None else values.compile
    return torch.compile(packed.logits, dynamic=True) if wanted else packed.logits
