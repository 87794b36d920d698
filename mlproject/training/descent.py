"""One step of the optimiser, in parts that fit into memory; of what loss, its kinds say."""

import logging
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from mlproject.errors import InputError
from mlproject.training import schedule
from mlproject.training.batches import within
from mlproject.training.device import number_type
from mlproject.training.group import Group
from mlproject.training.tokens import Tokens

log = logging.getLogger(__name__)
CLIP = 1.0  # largest norm of the gradient
TOKENS = {"cpu": 4_096, "cuda": 65_536}  # of one part, where the settings do not say


class Descent(ABC):
    """Model and optimiser; ``step`` trains on one batch."""

    def __init__(
        self,
        model: nn.Module,
        tokens: Tokens,
        optimizer: torch.optim.Optimizer,
        precision: str,
        micro_tokens: int | None,
        group: Group,
    ) -> None:
        self.device = tokens.ids.device
        self.model, self.tokens, self.optimizer, self.group = model, tokens, optimizer, group
        self.precision = precision
        half = number_type(self.device, precision) is torch.float16
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=half)
        self.part = micro_tokens or TOKENS.get(self.device.type, TOKENS["cpu"])

    @abstractmethod
    def accumulate(self, rows: np.ndarray, batch: np.ndarray) -> Tensor:
        """Add the gradients of the texts ``rows`` to those that are there.

        ``batch`` are the texts of all processes, over which the loss is a mean. What is returned
        is summed over the processes: of the losses as they were before.
        """

    def finite(self) -> bool:
        """Whether every weight is a number; waits for the device."""
        values = [value.detach().isfinite().all() for value in self.model.parameters()]
        return bool(torch.stack(values).all())

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
        """Train on ``rows`` (B,); what ``accumulate`` says of all of them.

        ``seed`` decides what dropout drops. Each process of the group takes its share of rows.

        Raises:
            InputError: not even one text at a time fits into memory.
        """
        schedule.set_rate(self.optimizer, rate)
        total = self._gradients(rows[self.group.rank :: self.group.size], rows, seed)
        parameters = [value for value in self.model.parameters() if value.requires_grad]
        if self.group.size > 1:
            for value in parameters:  # a process may have had no row of a small batch
                value.grad = torch.zeros_like(value) if value.grad is None else value.grad
            gradients = [value.grad for value in parameters if value.grad is not None]
            self.group.add([*gradients, total])
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(parameters, CLIP)
        self._update()
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        return total

    def _gradients(self, rows: np.ndarray, batch: np.ndarray, seed: int) -> Tensor:
        while True:
            draw = np.random.SeedSequence([seed, self.group.rank]).generate_state(1, np.uint64)
            torch.manual_seed(int(draw[0]))
            try:
                return self.accumulate(rows, batch)
            except torch.OutOfMemoryError:
                self._halve(rows)

    def _update(self) -> None:
        """Change the weights; the first time that takes memory as well, twice theirs."""
        for last in (False, True):
            begun = bool(self.optimizer.state)
            try:
                self.scaler.step(self.optimizer)
                return
            except torch.OutOfMemoryError:
                if begun or last:
                    raise InputError(
                        f"out of memory with the optimiser's values on {self.device}: give a "
                        "smaller base_model"
                    ) from None
                self.optimizer.state.clear()  # those of some weights may be there in part
                self.part = max(self.part // 2, 1)
                log.warning("out of memory: going on with %d tokens at a time", self.part)
                if self.device.type == "cuda":
                    torch.cuda.empty_cache()

    def _halve(self, rows: np.ndarray) -> None:
        """Forget the step so far and take half as many tokens at a time from now on."""
        self.optimizer.zero_grad(set_to_none=True)
        lengths = self.tokens.lengths[rows]
        fitted = max(len(part) for part in within(rows, self.tokens.lengths, self.part))
        if fitted == 1:
            raise InputError(
                f"out of memory with one text of {int(lengths.max())} tokens on {self.device}: "
                "give a lower max_length or a smaller base_model"
            ) from None
        self.part = min(self.part, int(lengths.sum())) // 2
        log.warning("out of memory: going on with %d tokens at a time", self.part)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
