"""The training loop: epochs over batches, validation, early stopping, checkpoints."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from mlproject import stop
from mlproject.errors import InputError, StoppedError
from mlproject.evaluation import metrics
from mlproject.task import Training
from mlproject.training import checkpoint, schedule
from mlproject.training.batches import count, shuffled
from mlproject.training.checkpoint import State
from mlproject.training.device import peak_memory
from mlproject.training.group import Group
from mlproject.training.predict import probabilities
from mlproject.training.progress import Progress
from mlproject.training.step import Split, Stepper

EVALUATION_BATCH = 4  # times the training's batch: no gradients are kept
SAVE_SECONDS = 300.0  # between two checkpoints within an epoch
ALONE = Group()


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
        group: Group = ALONE,
    ) -> None:
        self.stepper = Stepper(model, train, values, labels, group)
        self.model, self.device = model, train.tokens.ids.device
        self.texts, self.validation, self.values = len(train.labels), validation, values
        self.positive, self.path, self.group = positive, path, group
        self.steps = count(self.texts, values.batch_size)  # of one epoch
        self.state, self.best = checkpoint.restore(
            path, model, self.stepper.optimizer, self.device, State
        )
        self.stepper.resume(self.state.micro_tokens, self.state.scaler)
        self.loss_sum = torch.tensor(self.state.loss_sum, device=self.device)  # no wait per step
        self._counted = self._saved = time.monotonic()

    def run(self, on_epoch: Callable[[State], None]) -> tuple[State, dict[str, Tensor]]:
        """Train to the end: the progress and the best weights, on the CPU.

        Raises:
            StoppedError: a stop was asked for; the checkpoint holds everything.
            InputError: the loss is not a number; no checkpoint has it.
            TryLaterError: the disk does not take a checkpoint.
        """
        values, self._counted = self.values, time.monotonic()
        done = (self.state.epoch - 1) * self.texts + self.state.step * values.batch_size
        total = values.epochs * self.texts
        with stop.graceful(), Progress(total, done, quiet=not self.group.first) as progress:
            while self.state.epoch <= values.epochs and not self._patience_is_over():
                self._epoch(progress)
                on_epoch(self.state)
                self._save()  # after on_epoch: it may have got a run_id
        return self.state, self.best

    def _patience_is_over(self) -> bool:
        return len(self.state.epochs) - self.state.best_epoch >= self.values.patience

    def _epoch(self, progress: Progress) -> None:
        state, values = self.state, self.values
        self.model.train()
        begun, skipped = time.monotonic(), state.step
        for rows in shuffled(self.texts, values.batch_size, values.seed, state.epoch, state.step):
            self._stop_if_asked()
            at = (state.epoch - 1) * self.steps + state.step
            share = schedule.factor(at, values.epochs * self.steps, values.warmup_fraction)
            seed = (values.seed << 32) + at
            self.loss_sum += self.stepper.step(rows, values.learning_rate * share, seed)
            state.step += 1
            progress.add(len(rows), state.epoch)
            if self.group.agree(time.monotonic() - self._saved > SAVE_SECONDS):
                self._save()
        self._stop_if_asked()
        texts = self.texts - skipped * values.batch_size
        self._validate(texts / max(time.monotonic() - begun, 1e-9))
        progress.say(_line(state.epochs[-1], values.epochs))
        state.epoch, state.step = state.epoch + 1, 0
        self.loss_sum.zero_()

    def _validate(self, rate: float) -> None:
        """Add this epoch's values to the progress and keep the weights if they are the best."""
        state = self.state
        self._refuse_no_number()
        train_loss = float(self.loss_sum) / self.texts
        size = self.values.batch_size * EVALUATION_BATCH
        scores = self.group.same(lambda: self._scores(size))
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
                "learning_rate": self.stepper.optimizer.param_groups[0]["lr"],
                "texts_per_second": rate,
                "peak_memory_mib": peak_memory(self.device),
                "time": time.time(),
                **scores,
            }
        )
        self._count_time()

    def _scores(self, size: int) -> dict[str, float]:
        found = probabilities(self.model, self.validation.tokens, size, self.values.precision)
        return metrics.compute(self.validation.labels, found, self.positive)

    def _stop_if_asked(self) -> None:
        if self.group.any(stop.requested()):
            self._save()
            raise StoppedError(
                f"stopped in epoch {self.state.epoch} after {self.state.step} of {self.steps} "
                f"batches; the same step goes on from {self.path}"
            )

    def _refuse_no_number(self) -> None:
        if not (math.isfinite(float(self.loss_sum)) and self.stepper.finite()):
            raise InputError(
                f"the loss of epoch {self.state.epoch} is not a number: give a lower learning_rate "
                f"than {self.values.learning_rate}"
            )

    def _save(self) -> None:
        self._refuse_no_number()
        self._count_time()
        self.state.loss_sum = float(self.loss_sum)
        self.state.micro_tokens, self.state.scaler = self.stepper.part, self.stepper.scale()
        kept = (self.model, self.stepper.optimizer, self.best, self.state)
        self.group.first_does(lambda: checkpoint.save(self.path, *kept))
        self._saved = time.monotonic()

    def _count_time(self) -> None:
        now = time.monotonic()
        self.state.seconds += now - self._counted
        self._counted = now


def _line(values: dict[str, float], epochs: int) -> str:
    names = ("accuracy", "precision", "recall", "f1", "average_precision")
    scores = ", ".join(f"{name} {values[name]:.3f}" for name in names if name in values)
    return (
        f"epoch {values['epoch']:.0f}/{epochs}: train_loss {values['train_loss']:.4f}, {scores} "
        f"({values['texts_per_second']:,.0f} texts/s)"
    )
