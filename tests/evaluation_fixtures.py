"""An evaluation as ``evaluate`` writes it, for tests of what reads it."""

from mlproject.evaluation.measure import Metrics, Part
from mlproject.evaluation.report import Champion, Evaluation


def part(**metrics: float) -> Part:
    return Part(metrics=metrics, intervals={}, note="")


def evaluation(champion: Champion | None = None, **metrics: Metrics) -> Evaluation:
    """Of model aaa…; ``metrics``: split -> metric -> value."""
    return Evaluation(
        format=2,
        task="legal",
        model_sha256="a" * 64,
        run_id="",
        dataset_id="d",
        threshold=0.5,
        metrics=metrics,
        sources={},
        parts={name: part(**values) for name, values in metrics.items()},
        labels={},
        behaviour=None,
        comparison={"model": metrics},
        champion=champion,
    )
