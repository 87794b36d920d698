"""Metrics by names as MLflow shows them: SLICE.METRIC, the slice with slashes. Pure."""

import re
from collections.abc import Mapping

from mlproject.evaluation.measure import Metrics
from mlproject.evaluation.report import Evaluation

STRANGE = re.compile(r"[^\w./ -]")  # characters that MLflow takes in no name
COUNTS = frozenset(
    {"rows", "true_positives", "false_positives", "false_negatives", "true_negatives"}
)


def flat(evaluation: Evaluation) -> dict[str, float]:
    """Every slice's metrics, the splits' intervals as …_low and …_high, the rates of the suite as
    behaviour.CAPABILITY, and the champion's as champion.SPLIT.METRIC."""
    result: dict[str, float] = {}
    for name, part in evaluation["parts"].items():
        whole = name in evaluation["metrics"]
        result |= _named(name, part["metrics"], counts=whole)
        for metric, (low, high) in part["intervals"].items() if whole else ():
            result |= {f"{name}.{metric}_low": low, f"{name}.{metric}_high": high}
    if behaviour := evaluation["behaviour"]:
        result |= {f"behaviour.{name}": rate["rate"] for name, rate in behaviour["rates"].items()}
    if champion := evaluation["champion"]:
        for split, values in champion["metrics"].items():
            result |= _named(f"champion.{split}", values, counts=True)
    return {STRANGE.sub("_", name): value for name, value in result.items()}


def baseline_metrics(parts: Mapping[str, Metrics]) -> dict[str, float]:
    """The same of a baseline, so that its run stands beside that of a training."""
    result: dict[str, float] = {}
    for name, values in parts.items():
        result |= _named(name, values, counts=True)
    return {STRANGE.sub("_", name): value for name, value in result.items()}


def _named(part: str, values: Metrics, counts: bool) -> dict[str, float]:
    return {
        f"{part}.{metric}": value
        for metric, value in values.items()
        if counts or metric not in COUNTS
    }
