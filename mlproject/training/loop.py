"""The training loop: epochs over batches, validation, early stopping, checkpoints."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mlproject import stop
from mlproject.errors import MlprojectError, StoppedError
from mlproject.evaluation import metrics
from mlproject.task import Training
from mlproject.training import checkpoint, schedule
from mlproject.training.batches import Batch, count, shuffled
from mlproject.training.checkpoint import State
from mlproject.training.device import precision
from mlproject.training.loss import FocalLoss, inverse_frequency
from mlproject.training.predict import probabilities
from mlproject.training.progress import Progress
from mlproject.training.tokens import Tokens

CLIP = 1.0  # largest norm of the gradient
EVALUATION_BATCH = 4  # times the training's batch: no gradients are kept


@dataclass(frozen=True)
class Split:
    tokens: Tokens
    labels: np.ndarray  # (texts,) int64
    weights: np.ndarray | None = None  # (texts,) float32 with mean 1, of the loss


class Loop:
    """One training. ``run`` goes on from the checkpoint where there is one."""

    def __init__(
        self,
        model: nn.Module,
        train: Split,
        validation: Split,
        values: Training,
        positive: int | None,
        labels: int,
        path: Path,
    ) -> None:
        self.device = train.tokens.ids.device
        self.model = model.to(self.device)
        self.train, self.validation, self.values = train, validation, values
        self.positive, self.path = positive, path
        self.loss = _loss(values, train, labels).to(self.device)
        self.labels = torch.from_numpy(train.labels).to(self.device)
        self.weights = (
            None if train.weights is None else torch.from_numpy(train.weights).to(self.device)
        )
        self.optimizer = schedule.build(model, values.learning_rate, values.weight_decay)
        self.steps = count(len(train.labels), values.batch_size)  # of one epoch
        self.state, self.best = checkpoint.restore(path, model, self.optimizer, self.device)
        self.loss_sum = torch.tensor(self.state.loss_sum, device=self.device)  # no wait per step

    def run(self, on_epoch: Callable[[State], None]) -> tuple[State, dict[str, Tensor]]:
        """Train to the end: the progress and the best weights, on the CPU.

        Raises:
            StoppedError: a stop was asked for; the checkpoint holds everything.
            MlprojectError: the loss is not a number.
        """
        values, texts = self.values, len(self.train.labels)
        done = (self.state.epoch - 1) * texts + self.state.step * values.batch_size
        with stop.graceful(), Progress(values.epochs * texts, done) as progress:
            while self.state.epoch <= values.epochs and not self._patience_is_over():
                self._epoch(progress)
                on_epoch(self.state)
                self._save()  # after on_epoch: it may have got a run_id
        return self.state, self.best

    def _patience_is_over(self) -> bool:
        return len(self.state.epochs) - self.state.best_epoch >= self.values.patience

    def _epoch(self, progress: Progress) -> None:
        state, values = self.state, self.values
        batches = shuffled(
            *(self.train.tokens.lengths, values.batch_size, values.seed),
            *(state.epoch, self.device, state.step),
        )
        self.model.train()
        begun, skipped = time.monotonic(), state.step
        for batch in batches:
            self._stop_if_asked(begun)
            self._step(batch)
            state.step += 1
            progress.add(len(batch.rows), state.epoch)
        self._stop_if_asked(begun)
        texts = (state.step - skipped) * values.batch_size
        rate = texts / max(time.monotonic() - begun, 1e-9)
        self._validate(rate)
        state.seconds += time.monotonic() - begun
        progress.say(_line(state.epochs[-1], values.epochs))
        state.epoch, state.step = state.epoch + 1, 0
        self.loss_sum.zero_()

    def _step(self, batch: Batch) -> None:
        state, values = self.state, self.values
        at = (state.epoch - 1) * self.steps + state.step
        share = schedule.factor(at, values.epochs * self.steps, values.warmup_fraction)
        schedule.set_rate(self.optimizer, values.learning_rate * share)
        with precision(self.device):
            logits = self.model(*self.train.tokens.padded(batch))
        weights = None if self.weights is None else self.weights[batch.rows]
        loss = self.loss(logits, self.labels[batch.rows], weights)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.loss_sum += loss.detach() * len(batch.rows)

    def _validate(self, rate: float) -> None:
        """Add this epoch's values to the progress and keep the weights if they are the best."""
        state = self.state
        train_loss = float(self.loss_sum) / len(self.train.labels)
        if not math.isfinite(train_loss):
            raise MlprojectError(
                f"the loss of epoch {state.epoch} is {train_loss}: give a lower learning_rate "
                f"than {self.values.learning_rate}"
            )
        size = self.values.batch_size * EVALUATION_BATCH
        found = probabilities(self.model, self.validation.tokens, size)
        scores = metrics.compute(self.validation.labels, found, self.positive)
        best = max((values["f1"] for values in state.epochs), default=-1.0)
        if scores["f1"] > best:
            state.best_epoch = state.epoch
            self.best = {
                name: value.detach().to("cpu", copy=True)
                for name, value in self.model.state_dict().items()
            }
        state.epochs.append(
            {
                "epoch": state.epoch,
                "train_loss": train_loss,
                "learning_rate": self.optimizer.param_groups[0]["lr"],
                "texts_per_second": rate,
                "time": time.time(),
                **scores,
            }
        )

    def _stop_if_asked(self, begun: float) -> None:
        if stop.requested():
            self.state.seconds += time.monotonic() - begun
            self._save()
            raise StoppedError(
                f"stopped in epoch {self.state.epoch} after {self.state.step} of {self.steps} "
                f"batches; the same step goes on from {self.path}"
            )

    def _save(self) -> None:
        self.state.loss_sum = float(self.loss_sum)
        checkpoint.save(self.path, self.model, self.optimizer, self.best, self.state)


def _loss(values: Training, train: Split, labels: int) -> FocalLoss:
    alpha = values.focal_alpha
    if alpha is None and values.balance_labels:
        alpha = inverse_frequency(train.labels, labels, train.weights)
    return FocalLoss(values.focal_gamma, alpha, values.label_smoothing)


def _line(values: dict[str, float], epochs: int) -> str:
    names = ("accuracy", "precision", "recall", "f1", "average_precision")
    scores = ", ".join(f"{name} {values[name]:.3f}" for name in names if name in values)
    return (
        f"epoch {values['epoch']:.0f}/{epochs}: train_loss {values['train_loss']:.4f}, {scores} "
        f"({values['texts_per_second']:,.0f} texts/s)"
    )
