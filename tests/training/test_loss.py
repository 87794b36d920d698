import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mlproject.training.loss import FocalLoss, inverse_frequency

LOGITS = torch.tensor([[2.0, -1.0], [0.3, 0.1], [-4.0, 5.0]])
LABELS = torch.tensor([0, 1, 0])


def test_without_gamma_and_alpha_it_is_cross_entropy() -> None:
    assert torch.equal(FocalLoss(0.0)(LOGITS, LABELS), F.cross_entropy(LOGITS, LABELS))


def test_the_formula_of_the_paper() -> None:
    p = LOGITS.softmax(dim=-1).numpy()[range(3), LABELS.numpy()]
    alpha = np.array([0.25, 0.75])
    expected = np.mean(-alpha[LABELS.numpy()] * (1 - p) ** 2 * np.log(p))
    assert FocalLoss(2.0, alpha.tolist())(LOGITS, LABELS).item() == pytest.approx(expected)


def test_easy_texts_count_less() -> None:
    easy, hard = torch.tensor([[8.0, 0.0]]), torch.tensor([[0.0, 8.0]])
    label = torch.tensor([0])
    plain, focal = FocalLoss(0.0), FocalLoss(2.0)
    assert focal(easy, label) / plain(easy, label) < 1e-6
    assert focal(hard, label) / plain(hard, label) > 0.99


def test_a_certain_answer_has_a_finite_gradient() -> None:
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    FocalLoss(0.5)(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_rare_labels_weigh_more_and_the_mean_is_one() -> None:
    labels = np.array([0, 0, 0, 1])
    weights = inverse_frequency(labels, 2)
    assert weights == pytest.approx((2 / 3, 2.0))
    assert np.mean([weights[label] for label in labels]) == pytest.approx(1.0)


def test_smoothing_without_gamma_is_that_of_cross_entropy() -> None:
    expected = F.cross_entropy(LOGITS, LABELS, label_smoothing=0.1)
    assert torch.equal(FocalLoss(0.0, smoothing=0.1)(LOGITS, LABELS), expected)


def test_smoothing_keeps_the_focal_factor_of_the_label() -> None:
    p = LOGITS.softmax(dim=-1)[range(3), LABELS]
    smooth = F.cross_entropy(LOGITS, LABELS, label_smoothing=0.1, reduction="none")
    found = FocalLoss(2.0, smoothing=0.1)(LOGITS, LABELS)
    assert found.item() == pytest.approx(((1 - p) ** 2 * smooth).mean().item())


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_a_row_of_weight_two_counts_as_two_rows(gamma: float) -> None:
    loss = FocalLoss(gamma, [0.5, 1.5])
    twice = loss(LOGITS[[0, 1, 2, 2]], LABELS[[0, 1, 2, 2]])
    weighted = loss(LOGITS, LABELS, torch.tensor([1.0, 1.0, 2.0]) * 3 / 4)
    assert weighted.item() == pytest.approx(twice.item())


def test_weights_count_as_rows_in_the_frequency() -> None:
    plain = inverse_frequency(np.array([0, 0, 1, 1, 1]), 2)
    weighted = inverse_frequency(np.array([0, 0, 1]), 2, np.array([1.0, 1.0, 3.0]))
    assert weighted == pytest.approx(plain)
