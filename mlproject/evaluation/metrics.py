"""How good a classification is. Pure: arrays in, numbers out."""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
)

from mlproject.evaluation.calibration import expected_calibration_error

WANTED_PRECISION = 0.8
RECALL_AT = "recall_at_precision_80"


def decide(probabilities: np.ndarray, positive: int | None, threshold: float = 0.5) -> np.ndarray:
    """Label of each row, int64 (N,), from probabilities (N, labels).

    The positive label from ``threshold`` on, otherwise the most probable other one; without a
    positive label the most probable.
    """
    if positive is None:
        likeliest: np.ndarray = np.argmax(probabilities, axis=1)
        return likeliest
    others = probabilities.copy()
    others[:, positive] = -1.0
    chosen: np.ndarray = np.argmax(others, axis=1)
    chosen[probabilities[:, positive] >= threshold] = positive
    return chosen


def compute(
    labels: np.ndarray,
    probabilities: np.ndarray,
    positive: int | None = None,
    threshold: float = 0.5,
) -> dict[str, float]:
    """Accuracy, precision, recall, F1, average precision, calibration error and counts.

    ``labels`` (N,) integers, ``probabilities`` (N, labels). With ``positive``, the values are that
    label's, and the highest recall at a precision of 0.8 is added; without, they are the mean over
    the labels that occur or are predicted (macro), and that weighted by how often each label
    occurs is added. Precision and recall without a case are 0; average precision without a
    positive or a negative row is left out.
    """
    chosen = decide(probabilities, positive, threshold)
    result: dict[str, float] = {"rows": len(labels)}
    if not len(labels):
        return result
    result["accuracy"] = float((chosen == labels).mean())
    result |= _scores(labels, chosen, positive)
    result |= _average_precision(labels, probabilities, positive)
    if positive is not None and "average_precision" in result:
        result[RECALL_AT] = _recall_at(labels == positive, probabilities[:, positive])
    result["calibration_error"] = expected_calibration_error(labels, probabilities, positive)
    if positive is not None:
        result |= _counts(labels == positive, chosen == positive)
    return result


class Label(TypedDict):
    precision: float
    recall: float
    f1: float
    rows: int


def by_label(labels: np.ndarray, chosen: np.ndarray, names: Sequence[str]) -> dict[str, Label]:
    """Precision, recall, F1 and rows of each label by itself."""
    found = precision_recall_fscore_support(
        labels, chosen, labels=range(len(names)), average=None, zero_division=0
    )
    return {
        name: Label(precision=float(p), recall=float(r), f1=float(f), rows=int(rows))
        for name, p, r, f, rows in zip(names, *found, strict=True)
    }


def confusion(labels: np.ndarray, chosen: np.ndarray, size: int) -> list[list[int]]:
    """Rows of each label (first) that were given each label (second)."""
    table: list[list[int]] = confusion_matrix(labels, chosen, labels=range(size)).tolist()
    return table


def _scores(labels: np.ndarray, chosen: np.ndarray, positive: int | None) -> dict[str, float]:
    kinds: list[tuple[str, dict[str, Any]]] = [("", {"average": "macro"})]
    if positive is None:
        kinds.append(("weighted_", {"average": "weighted"}))
    else:
        kinds = [("", {"average": "macro", "labels": [positive]})]
    result: dict[str, float] = {}
    for prefix, options in kinds:
        found = precision_recall_fscore_support(labels, chosen, zero_division=0, **options)
        for name, value in zip(("precision", "recall", "f1"), found, strict=False):
            result[prefix + name] = float(value)
    return result


def _recall_at(true: np.ndarray, scores: np.ndarray) -> float:
    precision, recall, _ = precision_recall_curve(true, scores)
    return float(recall[precision >= WANTED_PRECISION].max())


def _average_precision(
    labels: np.ndarray, probabilities: np.ndarray, positive: int | None
) -> dict[str, float]:
    wanted = range(probabilities.shape[1]) if positive is None else [positive]
    values = [
        average_precision_score(labels == label, probabilities[:, label])
        for label in wanted
        if 0 < (labels == label).sum() < len(labels)
    ]
    return {"average_precision": float(np.mean(values))} if values else {}


def _counts(true: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    return {
        "true_positives": int((true & chosen).sum()),
        "false_positives": int((~true & chosen).sum()),
        "false_negatives": int((true & ~chosen).sum()),
        "true_negatives": int((~true & ~chosen).sum()),
    }
