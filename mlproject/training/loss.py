"""Focal loss, and the weights per label that go with it."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALLEST = 1e-12  # of 1 - p: a power below 1 has no finite gradient at 0


class FocalLoss(nn.Module):
    """Mean over the batch of ``-alpha_y (1 - p_y)^gamma log p_y``, p the softmax of the logits.

    Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 5, for any number of labels.
    With ``gamma`` 0 and no ``alpha`` it is cross-entropy, bit for bit.
    """

    alpha: Tensor | None

    def __init__(self, gamma: float, alpha: Sequence[float] | None = None) -> None:
        super().__init__()
        self.gamma = gamma
        weights = None if alpha is None else torch.tensor(alpha, dtype=torch.float32)
        self.register_buffer("alpha", weights, persistent=False)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """``logits`` (B, labels), ``labels`` (B,) -> scalar."""
        logits = logits.float()
        if self.gamma == 0 and self.alpha is None:
            return F.cross_entropy(logits, labels)
        log_p = F.log_softmax(logits, dim=-1).gather(1, labels[:, None])[:, 0]  # (B,)
        loss = -log_p
        if self.gamma:
            loss = loss * (-torch.expm1(log_p)).clamp(min=SMALLEST) ** self.gamma
        if self.alpha is not None:
            loss = loss * self.alpha[labels]
        return loss.mean()


def inverse_frequency(labels: np.ndarray, size: int) -> tuple[float, ...]:
    """Weight per label, N / (labels x rows of the label): the mean over all rows is 1."""
    counts = np.bincount(labels, minlength=size)
    return tuple(float(len(labels) / (size * count)) if count else 0.0 for count in counts)
