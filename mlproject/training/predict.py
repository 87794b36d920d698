"""Probabilities of many texts from the PyTorch network."""

import logging
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlproject.errors import InputError
from mlproject.training.batches import Batch
from mlproject.training.device import precision
from mlproject.training.tokens import Tokens

log = logging.getLogger(__name__)


@torch.inference_mode()
def probabilities(
    model: nn.Module, tokens: Tokens, batch_size: int, wanted: str = "auto"
) -> NDArray[np.float32]:
    """Softmax of the logits, float32 (texts, labels), in the order of the texts.

    ``wanted`` is the precision, as ``device.number_type`` takes it.

    Raises:
        InputError: not even one text at a time fits into memory.
    """
    was_training = model.training
    model.eval()

    def answer(ids: Tensor, mask: Tensor) -> Tensor:
        with precision(ids.device, wanted):
            logits: Tensor = model(ids, mask)
        return logits.float().softmax(dim=-1)

    found = in_parts(answer, tokens, batch_size).numpy()
    model.train(was_training)
    return found


@torch.inference_mode()
def in_parts(answer: Callable[[Tensor, Tensor], Tensor], tokens: Tokens, size: int) -> Tensor:
    """What ``answer`` gives for ids and mask of each text, (texts, …), on the CPU.

    It is given ``size`` texts at a time, fewer from where they do not fit into memory.

    Raises:
        InputError: not even one text at a time fits into memory.
    """
    device = tokens.ids.device
    order = np.argsort(tokens.lengths, kind="stable")
    parts: list[Tensor] = []
    place = 0
    while place < len(order):
        rows = order[place : place + size]
        batch = Batch(torch.from_numpy(rows).to(device), int(tokens.lengths[rows].max()))
        try:
            parts.append(answer(*tokens.padded(batch)))
        except torch.OutOfMemoryError:
            size = _halved(len(rows), batch.length, device)
            continue
        place += len(rows)
    ordered = torch.cat(parts).cpu()
    result = torch.empty_like(ordered)
    result[torch.from_numpy(order)] = ordered
    return result


def _halved(texts: int, length: int, device: torch.device) -> int:
    if texts == 1:
        raise InputError(
            f"out of memory with one text of {length} tokens on {device}: "
            "give a lower max_length or a smaller base_model"
        ) from None
    log.warning("out of memory: asking %d texts at a time", texts // 2)
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return texts // 2
