"""What a student loses."""

import pytest

from mlproject.training.distillation.report import Report


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (0.009, ""),
        (-0.2, ""),
        (0.02, "loses 2.00 points of average_precision on in_domain, at most 1 may go"),
    ],
)
def test_the_worst_loss_decides(loss: float, said: str) -> None:
    losses = {"test": {"f1": 0.005}, "in_domain": {"f1": -0.1, "average_precision": loss}}
    report = Report(teacher="a", layers=3, texts=10, metrics={}, losses=losses)
    assert said in report.reason(0.01)
    assert bool(report.reason(0.01)) == bool(said)


@pytest.mark.parametrize("losses", [{}, {"test": {}}])
def test_what_was_compared_on_nothing_does_not_pass(losses: dict[str, dict[str, float]]) -> None:
    report = Report(teacher="a", layers=3, texts=10, metrics={}, losses=losses)
    assert "no texts in test or in_domain" in report.reason(1.0)
