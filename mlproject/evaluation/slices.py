"""Metrics of parts of a data set: each split, and each source within a split."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

import numpy as np

from mlproject.dataset.read import Example
from mlproject.evaluation import metrics

SPLITS = ("validation", "test", "in_domain")  # of these a model has not learnt
Predict = Callable[[Sequence[str]], np.ndarray]  # texts -> probabilities (N, labels)


class Report(TypedDict):
    metrics: dict[str, dict[str, float]]  # split -> metric -> value
    sources: dict[str, dict[str, dict[str, float]]]  # split -> source -> metric -> value


def evaluate(
    splits: Mapping[str, Sequence[Example]],
    predict: Predict,
    positive: int | None,
    threshold: float,
) -> Report:
    """Predict every text of the evaluation splits that there are, once, and measure."""
    report = Report(metrics={}, sources={})
    for name in SPLITS:
        examples = splits.get(name)
        if not examples:
            continue
        labels = np.array([example.label for example in examples], dtype=np.int64)
        found = predict([example.text for example in examples])
        report["metrics"][name] = metrics.compute(labels, found, positive, threshold)
        sources = np.array([example.source for example in examples])
        report["sources"][name] = {
            str(source): metrics.compute(
                labels[sources == source], found[sources == source], positive, threshold
            )
            for source in np.unique(sources)
        }
    return report
