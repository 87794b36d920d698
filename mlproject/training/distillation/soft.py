"""What a trained network thinks of texts, and the loss of another one that learns from it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mlproject.training import packed
from mlproject.training.batches import within
from mlproject.training.device import precision
from mlproject.training.loss import FocalLoss
from mlproject.training.model import Classifier
from mlproject.training.tokens import Tokens

PART = 16_384  # tokens at once: no gradients are kept


class SoftLoss(FocalLoss):
    """``T^2 KL(softmax(targets / T), softmax(logits / T))``, the mean over the batch.

    Hinton et al. 2015, "Distilling the Knowledge in a Neural Network", section 2. It stands where
    the loss over labels does; its labels are the teacher's logits.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__(0.0)
        self.temperature = temperature

    def forward(self, logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
        """``logits`` and ``labels`` (B, labels), ``weights`` (B,) -> scalar."""
        given, wanted = (
            F.log_softmax(each.float() / self.temperature, dim=-1) for each in (logits, labels)
        )
        loss = F.kl_div(given, wanted, reduction="none", log_target=True).sum(dim=-1)
        loss = loss * self.temperature**2
        return (loss if weights is None else loss * weights).mean()


@torch.inference_mode()
def targets(teacher: Classifier, tokens: Tokens, wanted: str) -> np.ndarray:
    """The network's logits, float32 (texts, labels), without its n-grams.

    ``wanted`` is the precision, as ``device.number_type`` takes it.
    """
    rows = np.arange(len(tokens.lengths))
    result: np.ndarray = np.empty((len(rows), teacher.config.num_labels or 0), dtype=np.float32)
    for part in within(rows, tokens.lengths, PART):
        found = tokens.packed(part)
        with precision(tokens.ids.device, wanted):
            logits = packed.logits(teacher, found)
        result[found.rows.cpu().numpy()] = logits.float().cpu().numpy()
    return result
