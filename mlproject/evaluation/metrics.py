"""How good a classification is. Pure: arrays in, numbers out."""

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    precision_recall_fscore_support,
)


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
    """Accuracy, precision, recall, F1, average precision and counts.

    ``labels`` (N,) integers, ``probabilities`` (N, labels). With ``positive``, the values are that
    label's; without, the mean over the labels that occur or are predicted (macro). Precision and
    recall without a case are 0; average precision without a positive or a negative row is left out.
    """
    chosen = decide(probabilities, positive, threshold)
    result: dict[str, float] = {"rows": len(labels)}
    if not len(labels):
        return result
    result["accuracy"] = float((chosen == labels).mean())
    precision, recall, f1 = _scores(labels, chosen, positive)
    result |= {"precision": precision, "recall": recall, "f1": f1}
    result |= _average_precision(labels, probabilities, positive)
    if positive is not None:
        result |= _counts(labels == positive, chosen == positive)
    return result


def _scores(
    labels: np.ndarray, chosen: np.ndarray, positive: int | None
) -> tuple[float, float, float]:
    options = {"average": "macro"} if positive is None else {"average": None, "labels": [positive]}
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, chosen, zero_division=0, **options
    )
    return float(np.mean(precision)), float(np.mean(recall)), float(np.mean(f1))


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
