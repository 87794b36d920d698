"""One step of masked-language modelling."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from mlproject.task import Training
from mlproject.training import schedule
from mlproject.training.attention import has_variable_length
from mlproject.training.batches import Packed, within
from mlproject.training.descent import Descent
from mlproject.training.device import precision
from mlproject.training.group import Group
from mlproject.training.pretraining.masking import Mask, hide
from mlproject.training.pretraining.network import MaskedLanguageModel, logits
from mlproject.training.pretraining.words import Words

WORTH_COMPILING = 5_000_000  # tokens: compiling takes a minute


def batches(
    lengths: NDArray[np.int64], tokens: int, seed: int, epoch: int, skip: int = 0
) -> Iterator[NDArray[np.int64]]:
    """Texts of about so many tokens, in an order that ``seed`` and ``epoch`` decide.

    There are ``count(lengths, tokens)`` in every epoch. The first ``skip`` are left out.
    """
    order = np.random.default_rng([seed, epoch]).permutation(len(lengths))
    numbers = (np.cumsum(lengths[order]) - 1) // tokens
    yield from np.split(order, np.flatnonzero(np.diff(numbers)) + 1)[skip:]


def count(lengths: NDArray[np.int64], tokens: int) -> int:
    """Batches of an epoch, where no text is longer than ``tokens``: each has a text's end."""
    return -(-int(lengths.sum()) // tokens)


class Stepper(Descent):
    """``step`` gives the sum of the losses and the number of tokens that were hidden, (2,)."""

    def __init__(
        self, model: MaskedLanguageModel, words: Words, values: Training, mask: Mask, group: Group
    ) -> None:
        wanted, device = values.pretraining, words.tokens.ids.device
        optimizer = schedule.build(model.to(device), wanted.learning_rate, wanted.weight_decay)
        super().__init__(
            model, words.tokens, optimizer, values.precision, values.micro_tokens, group
        )
        self.network, self.words, self.mask = model, words, mask
        seen = int(words.tokens.lengths.sum()) * wanted.epochs
        self._logits = _compiled(values.compile, device, seen)

    def accumulate(self, rows: np.ndarray, batch: np.ndarray) -> Tensor:
        total = torch.zeros(2, device=self.device)
        if len(rows) == 0:
            return total
        # What dropout drops follows from the same seed.
        generator = torch.Generator(self.device).manual_seed(torch.initial_seed())
        hidden = self.mask.count(int(self.tokens.lengths[batch].sum()), len(batch))
        for part in within(rows, self.tokens.lengths, self.part):
            masked = hide(*self.words.packed(part), self.mask, generator)
            with precision(self.device, self.precision):
                found = self._logits(self.network, masked.texts, masked.where)
            loss = F.cross_entropy(found.float(), masked.truth, reduction="sum")
            mean: Tensor = self.scaler.scale(loss / hidden)
            mean.backward()  # type: ignore[no-untyped-call]
            total += torch.stack([loss.detach(), torch.full_like(loss, len(masked.truth))])
        return total


def _compiled(
    wanted: bool | None, device: torch.device, tokens: int
) -> Callable[[MaskedLanguageModel, Packed, Tensor], Tensor]:
    worth = has_variable_length(device) and tokens >= WORTH_COMPILING
    compiles = worth if wanted is None else wanted
    return torch.compile(logits, dynamic=True) if compiles else logits
