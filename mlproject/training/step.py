"""One step of the optimiser, in parts that fit into memory."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mlproject.errors import InputError
from mlproject.task import Training
from mlproject.training import packed, schedule
from mlproject.training.attention import has_variable_length
from mlproject.training.batches import Batch, Packed, within
from mlproject.training.device import number_type, precision
from mlproject.training.group import Group
from mlproject.training.loss import FocalLoss, inverse_frequency
from mlproject.training.model import Classifier
from mlproject.training.tokens import Tokens

log = logging.getLogger(__name__)
CLIP = 1.0  # largest norm of the gradient
TOKENS = {"cpu": 4_096, "cuda": 65_536}  # of one part, where the settings do not say
WORTH_COMPILING = 50_000  # texts: compiling takes a minute


@dataclass(frozen=True)
class Split:
    tokens: Tokens
    labels: np.ndarray  # (texts,) int64
    weights: np.ndarray | None = None  # (texts,) float32 with mean 1, of the loss
    plain: np.ndarray | None = None  # the same without ``reviewed_weight``
    reviewed: np.ndarray | None = None  # (texts,) bool: somebody has read that very post


class Stepper:
    """Model, loss and optimiser; ``step`` trains on one batch."""

    def __init__(
        self, model: nn.Module, train: Split, values: Training, labels: int, group: Group
    ) -> None:
        self.device = train.tokens.ids.device
        self.model = model.to(self.device)
        self.tokens, self.values, self.group = train.tokens, values, group
        self.labels = torch.from_numpy(train.labels).to(self.device)
        weights = None if train.weights is None else torch.from_numpy(train.weights)
        self.weights = None if weights is None else weights.to(self.device)
        self.loss = _loss(values, train, labels).to(self.device)
        self.optimizer = schedule.build(model, values.learning_rate, values.weight_decay)
        half = number_type(self.device, values.precision) is torch.float16
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=half)
        self.part = values.micro_tokens or TOKENS.get(self.device.type, TOKENS["cpu"])
        self._packed = _compiled(values, self.device, len(train.labels))

    def scale(self) -> dict[str, float]:
        """What of the fp16 scaling a checkpoint keeps; empty without it."""
        state: dict[str, float] = self.scaler.state_dict()
        return state

    def resume(self, part: int, scale: dict[str, float]) -> None:
        """Go on with the parts and the scaling of a checkpoint (0 and {}: as a new one)."""
        self.part = part or self.part
        if scale and self.scaler.is_enabled():
            self.scaler.load_state_dict(scale)

    def step(self, rows: np.ndarray, rate: float, seed: int) -> Tensor:
        """Train on ``rows`` (B,); the sum of their losses as they were before, a scalar.

        ``seed`` decides what dropout drops. Each process of the group takes its share of rows.

        Raises:
            InputError: not even one text at a time fits into memory.
        """
        schedule.set_rate(self.optimizer, rate)
        total = self._gradients(rows[self.group.rank :: self.group.size], len(rows), seed)
        parameters = [value for value in self.model.parameters() if value.requires_grad]
        if self.group.size > 1:
            for value in parameters:  # a process may have had no row of a small batch
                value.grad = torch.zeros_like(value) if value.grad is None else value.grad
            gradients = [value.grad for value in parameters if value.grad is not None]
            self.group.add([*gradients, total])
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(parameters, CLIP)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        return total

    def _gradients(self, rows: np.ndarray, batch: int, seed: int) -> Tensor:
        while True:
            draw = np.random.SeedSequence([seed, self.group.rank]).generate_state(1, np.uint64)
            torch.manual_seed(int(draw[0]))
            try:
                return self._accumulate(rows, batch)
            except torch.OutOfMemoryError:
                self._halve(rows)

    def _halve(self, rows: np.ndarray) -> None:
        """Forget the step so far and take half as many tokens at a time from now on."""
        self.optimizer.zero_grad(set_to_none=True)
        lengths = self.tokens.lengths[rows]
        fitted = max(len(part) for part in within(rows, self.tokens.lengths, self.part))
        if fitted == 1:
            raise InputError(
                f"out of memory with one text of {int(lengths.max())} tokens on {self.device}: "
                f"give a max_length below {self.values.max_length} or a smaller base_model"
            ) from None
        self.part = min(self.part, int(lengths.sum())) // 2
        log.warning("out of memory: going on with %d tokens at a time", self.part)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _accumulate(self, rows: np.ndarray, batch: int) -> Tensor:
        total = torch.zeros((), device=self.device)
        if len(rows) == 0:
            return total
        for part in within(rows, self.tokens.lengths, self.part):
            with precision(self.device, self.values.precision):
                logits, at = self._forward(part)
            weights = None if self.weights is None else self.weights[at]
            loss = self.loss(logits, self.labels[at], weights)
            self.scaler.scale(loss * (len(part) / batch)).backward()
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
