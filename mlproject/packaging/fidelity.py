"""What a candidate keeps of the trained network's answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlproject.evaluation.metrics import compute, decide
from mlproject.evaluation.slices import Slice
from mlproject.packaging import parity
from mlproject.packaging.options import Conversion
from mlproject.packaging.parity import Probability
from mlproject.packaging.report import Fidelity, Loss
from mlproject.serving.predictor import Predictor

ROUNDING = 1e-9


@dataclass(frozen=True)
class Reference:
    """Texts and what is right about them. The first ``len(ids)`` are rows that PyTorch answered."""

    texts: tuple[str, ...]
    ids: tuple[str, ...]
    expected: Probability  # PyTorch's of the rows
    slices: tuple[Slice, ...]
    positive: int | None
    threshold: float

    def labels(self, probabilities: Probability) -> NDArray[np.int64]:
        found: NDArray[np.int64] = decide(probabilities, self.positive, self.threshold)
        return found


def of(
    slices: Sequence[Slice],
    rows: dict[str, str],
    expected: Probability,
    positive: int | None,
    threshold: float,
) -> Reference:
    """``rows``: id -> text of those that PyTorch answered; slices may show parts of them."""
    parts = {text for part in slices for text in part.texts} - set(rows.values())
    texts = (*rows.values(), *sorted(parts))
    return Reference(texts, tuple(rows), expected, tuple(slices), positive, threshold)


def measure(
    predictor: Predictor,
    reference: Reference,
    found: Probability,
    exact: Probability,
    options: Conversion,
) -> Fidelity:
    """``found`` and ``exact``: the candidate's and fp32's answers to the reference's texts."""
    rows = len(reference.ids)
    moved = parity.differences(found[:rows], reference.expected)
    wanted = reference.labels(reference.expected)
    changed = reference.labels(found[:rows]) != wanted
    chosen = asked(reference.expected, reference.positive, reference.threshold, options.mixed_texts)
    texts = predictor.encode([reference.texts[index] for index in chosen])
    alone, mixed = parity.alone_and_mixed(predictor, texts)
    other = reference.labels(alone) != reference.labels(mixed)
    apart = parity.differences(alone, mixed)
    changes = list(_changes(reference, found, exact, options))
    ids = reference.ids
    reasons = [
        _disagreement(changed, moved, ids, options.agreement),
        _dependence(other, apart, [ids[index] for index in chosen]),
        _lost(changes, moved, ids),
    ]
    return Fidelity(
        texts=rows,
        agreement=float(1 - changed.mean()),
        max_difference=float(moved.max()),
        mixed_texts=len(texts),
        mixed_labels=int(other.sum()),
        mixed_difference=float(apart.max()),
        losses=_losses(changes),
        reason=next((reason for reason in reasons if reason), ""),
    )


def asked(
    probabilities: Probability, positive: int | None, threshold: float, number: int
) -> NDArray[np.int64]:
    """Texts, half of them those nearest to another label, whose label would change first.

    The other half are spread over the rest: neighbours of every kind.
    """
    if positive is not None:
        margin = np.abs(probabilities[:, positive] - threshold)
    else:
        ranked = np.sort(probabilities, axis=1)
        margin = ranked[:, -1] - ranked[:, -2]
    order: NDArray[np.int64] = np.argsort(margin, kind="stable")
    near, rest = order[: number // 2], order[number // 2 :]
    places = np.linspace(0, len(rest) - 1, min(number - len(near), len(rest))).round().astype(int)
    return np.concatenate([near, rest[places]])


@dataclass(frozen=True)
class _Change:
    """Of one metric on one slice."""

    metric: str
    slice: str
    points: float
    allowed: float


def _changes(
    reference: Reference, found: Probability, exact: Probability, options: Conversion
) -> Iterator[_Change]:
    place = {text: index for index, text in enumerate(reference.texts)}
    for part in reference.slices:
        at = [place[text] for text in part.texts]
        answers = (exact[at], np.nan_to_num(found[at]))
        before, after = (
            compute(part.labels, each, reference.positive, reference.threshold) for each in answers
        )
        for name, allowed in _allowed(reference, part, *answers, options).items():
            if name in before:
                yield _Change(name, part.name, before[name] - after[name], allowed)


def _losses(changes: Sequence[_Change]) -> dict[str, Loss]:
    """Metric -> what it loses on the slice where it loses most."""
    rising = sorted(changes, key=lambda change: change.points)
    return {each.metric: Loss(points=each.points, slice=each.slice) for each in rising}


def _allowed(
    reference: Reference,
    part: Slice,
    exact: Probability,
    found: Probability,
    options: Conversion,
) -> dict[str, float]:
    """What each metric may lose on a slice.

    F1: anything where no more than ``loss_texts`` labels are wrong that were right. Average
    precision: a mean over the wanted texts, so one of them is worth at most 1 over their number.
    """
    wrong = [int((reference.labels(each) != part.labels).sum()) for each in (exact, found)]
    counts = np.bincount(part.labels, minlength=exact.shape[1])
    wanted = counts if reference.positive is None else counts[[reference.positive]]
    worth = options.loss_texts / (len(wanted) * max(int(wanted.min()), 1))
    few = wrong[1] - wrong[0] <= options.loss_texts
    return {"f1": 1.0 if few else options.loss, "average_precision": max(options.loss, worth)}


def _disagreement(
    changed: NDArray[np.bool_], moved: NDArray[np.float32], ids: Sequence[str], least: float
) -> str:
    if not np.isfinite(moved).all():
        return f"no probabilities on {int((~np.isfinite(moved)).sum())} of {len(ids)} texts"
    if 1 - changed.mean() >= least - ROUNDING:
        return ""
    return (
        f"{1 - changed.mean():.2%} of {len(ids)} labels are PyTorch's, at least {least:.2%} must "
        f"be; moved most: {parity.worst(moved, ids)}"
    )


def _dependence(other: NDArray[np.bool_], apart: NDArray[np.float32], ids: Sequence[str]) -> str:
    if not other.any():
        return ""
    return (
        f"{int(other.sum())} of {len(ids)} texts have another label in a batch than alone; moved "
        f"most: {parity.worst(np.where(other, apart, 0).astype(np.float32), ids)}"
    )


def _lost(changes: Sequence[_Change], moved: NDArray[np.float32], ids: Sequence[str]) -> str:
    worst = max(changes, key=lambda change: change.points - change.allowed, default=None)
    if worst is None or worst.points <= worst.allowed + ROUNDING:
        return ""
    return (
        f"{worst.metric} on {worst.slice} loses {100 * worst.points:.2f} points, at most "
        f"{100 * worst.allowed:.2g} may go; moved most: {parity.worst(moved, ids)}"
    )
