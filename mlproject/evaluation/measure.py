"""Metrics with their intervals of every slice. Pure."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from mlproject.evaluation import bootstrap, metrics
from mlproject.evaluation.answers import Answers
from mlproject.evaluation.bootstrap import Interval, Sampled
from mlproject.evaluation.slices import Slice

Metrics = dict[str, float]


class Part(TypedDict):
    metrics: Metrics
    intervals: dict[str, Interval]  # 95 %
    note: str


class Labels(TypedDict):
    labels: dict[str, metrics.Label]
    confusion: list[list[int]]  # rows of each label (first) that were given each label (second)


def parts(
    slices: Sequence[Slice], answers: Answers, positive: int | None, threshold: float
) -> dict[str, Part]:
    """Name of the slice -> its metrics."""
    answers.ask(text for part in slices for text in part.texts)
    return {part.name: _part(part, answers, positive, threshold) for part in slices}


def _part(part: Slice, answers: Answers, positive: int | None, threshold: float) -> Part:
    found = answers.of(part.texts)
    sampled = Sampled(part.labels, found, positive, threshold)
    measured = metrics.compute(part.labels, found, positive, threshold)
    ranges = bootstrap.intervals(sampled, len(found))
    return Part(
        metrics=measured,
        intervals={
            name: values
            for name, values in ranges.items()
            if name in measured and np.isfinite(values).all()
        },
        note=part.note,
    )


def plain(
    slices: Sequence[Slice], answers: Answers, positive: int | None, threshold: float
) -> dict[str, Metrics]:
    """Name of the slice -> its metrics, without intervals."""
    return {
        part.name: metrics.compute(part.labels, answers.of(part.texts), positive, threshold)
        for part in slices
    }


def by_label(
    slices: Sequence[Slice],
    answers: Answers,
    names: Sequence[str],
    positive: int | None,
    threshold: float,
) -> dict[str, Labels]:
    """Split -> what became of each label."""
    result = {}
    for part in slices:
        if not part.kind:
            chosen = metrics.decide(answers.of(part.texts), positive, threshold)
            result[part.split] = Labels(
                labels=metrics.by_label(part.labels, chosen, names),
                confusion=metrics.confusion(part.labels, chosen, len(names)),
            )
    return result


def compare(
    slices: Sequence[Slice],
    new: tuple[Answers, float],
    old: tuple[Answers, float],
    positive: int | None,
) -> dict[str, dict[str, Interval]]:
    """Split -> metric -> the range that holds new minus old in 95 % of all samples.

    ``new`` and ``old``: answers and threshold of each model.
    """
    result = {}
    for part in slices:
        if not part.kind:
            models = [
                Sampled(part.labels, answers.of(part.texts), positive, threshold)
                for answers, threshold in (new, old)
            ]
            found = bootstrap.differences(models[0], models[1], len(part.texts))
            result[part.split] = {
                name: values for name, values in found.items() if np.isfinite(values).all()
            }
    return result
