"""Focal loss, and the weights per label that go with it."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALLEST = 1e-12  # of 1 - p: a power below 1 has no finite gradient at 0


class FocalLoss(nn.Module):
    """Mean over the batch of ``-w alpha_y (1 - p_y)^gamma log p_y``, p the softmax of the logits.

    Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 5, for any number of labels;
    w is the row's own weight. With ``smoothing`` e the logarithm is that of a target which has
    1 - e on the label and e spread over all of them (Szegedy et al. 2016, section 7).
    With ``gamma`` 0, no ``alpha`` and no weights it is cross-entropy, bit for bit.
    """

    alpha: Tensor | None

    def __init__(
        self, gamma: float, alpha: Sequence[float] | None = None, smoothing: float = 0.0
    ) -> None:
        super().__init__()
        self.gamma, self.smoothing = gamma, smoothing
        weights = None if alpha is None else torch.tensor(alpha, dtype=torch.float32)
        self.register_buffer("alpha", weights, persistent=False)

    def forward(self, logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
        """``logits`` (B, labels), ``labels`` (B,), ``weights`` (B,) -> scalar."""
        logits = logits.float()
        if self.gamma == 0 and self.alpha is None and weights is None:
            return F.cross_entropy(logits, labels, label_smoothing=self.smoothing)
        loss = F.cross_entropy(logits, labels, label_smoothing=self.smoothing, reduction="none")
        if self.gamma:
            log_p = loss.neg() if not self.smoothing else _log_p(logits, labels)  # (B,)
            loss = loss * (-torch.expm1(log_p)).clamp(min=SMALLEST) ** self.gamma
        if self.alpha is not None:
            loss = loss * self.alpha[labels]
        if weights is not None:
            loss = loss * weights
        return loss.mean()


def _log_p(logits: Tensor, labels: Tensor) -> Tensor:
    return F.log_softmax(logits, dim=-1).gather(1, labels[:, None])[:, 0]


def inverse_frequency(
    labels: np.ndarray, size: int, weights: np.ndarray | None = None
) -> tuple[float, ...]:
    """Weight per label, N / (labels x rows of the label): the mean over all rows is 1.

    With ``weights`` (rows,) a row counts as so many.
    """
    counts = np.bincount(labels, weights, minlength=size)
    total = counts.sum()
    return tuple(float(total / (size * count)) if count else 0.0 for count in counts)
