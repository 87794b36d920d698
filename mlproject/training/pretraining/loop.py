"""The loop of a pretraining: batches until steps or time are used up, a curve, checkpoints."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from pydantic import BaseModel

from mlproject import stop
from mlproject.errors import InputError, StoppedError
from mlproject.task import Training
from mlproject.training import checkpoint, schedule
from mlproject.training.device import peak_memory
from mlproject.training.group import Group
from mlproject.training.pretraining.masking import Mask
from mlproject.training.pretraining.network import MaskedLanguageModel
from mlproject.training.pretraining.step import Stepper, batches, count
from mlproject.training.pretraining.words import Words
from mlproject.training.progress import Progress

POINTS = 50  # of the curve
SAVE_SECONDS = 120.0  # between two checkpoints
MINUTE = 60.0


class State(BaseModel):
    """How far a pretraining is."""

    epoch: int = 1
    step: int = 0  # batches of that epoch that are done
    steps: int = 0  # batches that are done
    tokens: int = 0  # since the last point
    since: float = 0.0  # ``seconds`` of the last point
    seconds: float = 0.0
    run_id: str = ""
    curve: list[dict[str, float]] = []
    micro_tokens: int = 0  # of one part of a batch; 0: as the settings say
    scaler: dict[str, float] = {}  # of fp16
    loss_sum: float = 0.0  # since the last point
    hidden: float = 0.0  # tokens that it is over


class Loop:
    """One pretraining. ``run`` goes on from the checkpoint where there is one."""

    def __init__(
        self,
        model: MaskedLanguageModel,
        words: Words,
        values: Training,
        mask: Mask,
        path: Path,
        group: Group,
    ) -> None:
        self.values, self.wanted = values, values.pretraining
        self.model, self.lengths, self.path, self.group = model, words.tokens.lengths, path, group
        self.stepper = Stepper(model, words, values, mask, group)
        self.device = self.stepper.device
        whole = count(self.lengths, self.wanted.batch_tokens) * self.wanted.epochs
        self.steps = min(self.wanted.steps or whole, whole)
        self.state, _ = checkpoint.restore(path, model, self.stepper.optimizer, self.device, State)
        self.stepper.resume(self.state.micro_tokens, self.state.scaler)
        self.sums = torch.tensor([self.state.loss_sum, self.state.hidden], device=self.device)
        self._counted = self._saved = time.monotonic()

    def run(self, on_point: Callable[[State], None]) -> State:
        """Train to the end.

        Raises:
            StoppedError: a stop was asked for; the checkpoint holds everything.
            InputError: the loss is not a number; no checkpoint has it.
            TryLaterError: the disk does not take a checkpoint.
        """
        self._counted = self._saved = time.monotonic()
        self.model.train()
        size = self.wanted.batch_tokens
        total, done = self.steps * size, self.state.steps * size
        quiet = not self.group.first
        with stop.graceful(), Progress(total, done, quiet, "token") as progress:
            while not self._over():
                self._epoch(on_point, progress)
            self._stop_if_asked()
        return self.state

    def _epoch(self, on_point: Callable[[State], None], progress: Progress) -> None:
        state, wanted, seed = self.state, self.wanted, self.values.seed
        for rows in batches(self.lengths, wanted.batch_tokens, seed, state.epoch, state.step):
            self._stop_if_asked()
            if self._over():
                return
            share = schedule.factor(self._place(), self.steps, wanted.warmup_fraction)
            self.sums += self.stepper.step(
                rows, wanted.learning_rate * share, (seed << 32) + state.steps
            )
            state.step, state.steps = state.step + 1, state.steps + 1
            state.tokens += int(self.lengths[rows].sum())
            progress.add(wanted.batch_tokens, state.epoch)
            self._count_time()
            if self._place() * POINTS >= self.steps * (len(state.curve) + 1):
                self._point()
                on_point(state)
                progress.say(_line(state.curve[-1], self.steps))
            if self.group.agree(time.monotonic() - self._saved > SAVE_SECONDS):
                self._save()
        state.epoch, state.step = state.epoch + 1, 0

    def _over(self) -> bool:
        return self._place() >= self.steps

    def _place(self) -> int:
        """The step that this is by the schedule: by number, or by time where that is further."""
        minutes = self.wanted.max_minutes
        if minutes is None:
            return self.state.steps
        spent = self.group.same(lambda: self.state.seconds) / (minutes * MINUTE)
        return max(self.state.steps, min(self.steps, math.floor(spent * self.steps)))

    def _point(self) -> None:
        """Add the values since the last point to the curve."""
        state = self.state
        self._refuse_no_number()
        loss_sum, hidden = self.sums.tolist()
        loss = loss_sum / max(hidden, 1)
        state.curve.append(
            {
                "step": state.steps,
                "loss": loss,
                "learning_rate": self.stepper.optimizer.param_groups[0]["lr"],
                "tokens_per_second": state.tokens / max(state.seconds - state.since, 1e-9),
                "peak_memory_mib": peak_memory(self.device),
                "time": time.time(),
            }
        )
        state.tokens, state.since = 0, state.seconds
        self.sums.zero_()

    def _stop_if_asked(self) -> None:
        if self.group.any(stop.requested()):
            self._save()
            raise StoppedError(
                f"stopped in pretraining after {self.state.steps} of {self.steps} batches; the "
                f"same step goes on from {self.path}"
            )

    def _refuse_no_number(self) -> None:
        if not (math.isfinite(float(self.sums[0])) and self.stepper.finite()):
            raise InputError(
                f"the loss of pretraining is not a number after {self.state.steps} batches: give "
                f"a lower pretraining.learning_rate than {self.wanted.learning_rate}"
            )

    def _save(self) -> None:
        self._refuse_no_number()
        self._count_time()
        self.state.loss_sum, self.state.hidden = self.sums.tolist()
        self.state.micro_tokens, self.state.scaler = self.stepper.part, self.stepper.scale()
        model, optimizer, state = self.model, self.stepper.optimizer, self.state
        self.group.first_does(lambda: checkpoint.save(self.path, model, optimizer, {}, state))
        self._saved = time.monotonic()

    def _count_time(self) -> None:
        now = time.monotonic()
        self.state.seconds += now - self._counted
        self._counted = now


def _line(point: dict[str, float], steps: int) -> str:
    return (
        f"pretraining, batch {point['step']:,.0f} of {steps:,}: loss {point['loss']:.3f} "
        f"({point['tokens_per_second']:,.0f} tokens/s)"
    )
