"""The optimiser and its learning rate as a function of the step."""

import torch
from torch import nn


def factor(step: int, steps: int, warmup_fraction: float) -> float:
    """Share of the learning rate at ``step`` (0-based): linear up, then linear down to 0."""
    warmup = max(1, round(steps * warmup_fraction)) if warmup_fraction else 0
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (steps - step) / max(1, steps - warmup))


def build(model: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (fused); biases and LayerNorm weights, the one-dimensional ones, do not decay."""
    parameters = [value for value in model.parameters() if value.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
