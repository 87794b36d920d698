"""Soft targets."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from mlproject.training.distillation.soft import SoftLoss, targets
from mlproject.training.folder import load
from mlproject.training.tokens import encode


def test_the_loss_is_zero_at_the_teacher_and_grows_away_from_it() -> None:
    wanted = torch.tensor([[2.0, -1.0], [0.0, 3.0]])
    loss = SoftLoss(2.0)
    assert loss(wanted, wanted).item() == 0
    assert loss(wanted + 5, wanted).abs().item() < 1e-6  # softmax knows no constant
    near, far = (loss(wanted + torch.tensor([by, 0.0]), wanted) for by in (0.1, 1.0))
    assert 0 < near < far


def test_at_temperature_1_it_is_cross_entropy_less_the_targets_entropy() -> None:
    draw = torch.Generator().manual_seed(0)
    given, wanted = (torch.randn(8, 3, generator=draw) for _ in range(2))
    soft = wanted.softmax(-1)
    entropy = -(soft * soft.log()).sum(-1).mean()
    expected = F.cross_entropy(given, soft) - entropy
    torch.testing.assert_close(SoftLoss(1.0)(given, wanted), expected)


def test_weights_count() -> None:
    given, wanted = torch.zeros(2, 2), torch.tensor([[1.0, 0.0], [4.0, 0.0]])
    only_first = SoftLoss(1.0)(given, wanted, torch.tensor([2.0, 0.0]))
    torch.testing.assert_close(only_first, SoftLoss(1.0)(given[:1], wanted[:1]))


def test_targets_are_the_logits_in_the_order_of_the_texts(training: Path) -> None:
    trained = load(training)
    texts = ["房东不退押金，能起诉他吗？", "借钱", "今天天气不错，出门走走"]
    tokens = encode(texts, trained.tokenizer, torch.device("cpu"))
    found = targets(trained.model, tokens, "fp32")
    for index, text in enumerate(texts):
        row = torch.tensor([trained.tokenizer.encode(text).ids])
        with torch.inference_mode():
            expected = trained.model(row, torch.ones_like(row)).numpy()
        np.testing.assert_allclose(found[index : index + 1], expected, atol=1e-5)
