import pytest
import torch
from torch import nn

from mlproject.training.schedule import build, factor


def test_up_then_down() -> None:
    values = [factor(step, 10, 0.2) for step in range(10)]
    assert values[:3] == pytest.approx([0.5, 1.0, 1.0])
    assert values[2:] == sorted(values[2:], reverse=True)
    assert values[-1] == pytest.approx(1 / 8)


def test_no_warm_up_starts_at_the_full_rate() -> None:
    assert factor(0, 10, 0.0) == 1.0


def test_biases_and_layer_norms_do_not_decay() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    optimizer = build(model, learning_rate=0.1, weight_decay=0.5)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    changed = {n for n, value in model.named_parameters() if not torch.equal(value, before[n])}
    assert changed == {"0.weight"}
