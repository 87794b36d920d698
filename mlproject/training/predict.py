"""Probabilities of many texts from the PyTorch network."""

import numpy as np
import torch
from torch import nn

from mlproject.training.batches import by_length
from mlproject.training.device import precision
from mlproject.training.tokens import Tokens


@torch.inference_mode()
def probabilities(
    model: nn.Module, tokens: Tokens, batch_size: int, wanted: str = "auto"
) -> np.ndarray:
    """Softmax of the logits, float32 (texts, labels), in the order of the texts.

    ``wanted`` is the precision, as ``device.number_type`` takes it.
    """
    device = tokens.ids.device
    batches, order = by_length(tokens.lengths, batch_size, device)
    was_training = model.training
    model.eval()
    parts = []
    for batch in batches:
        with precision(device, wanted):
            logits = model(*tokens.padded(batch))
        parts.append(logits.float().softmax(dim=-1))
    model.train(was_training)
    ordered = torch.cat(parts).cpu().numpy()
    result = np.empty_like(ordered)
    result[order] = ordered
    return result
