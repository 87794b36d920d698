"""What a candidate keeps of the trained network's answers."""

from collections.abc import Sequence
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
    nearest = np.argsort(_margin(reference, reference.expected), kind="stable")
    nearest = nearest[: options.mixed_texts]
    texts = predictor.encode([reference.texts[index] for index in nearest])
    alone, mixed = parity.alone_and_mixed(predictor, texts)
    other = reference.labels(alone) != reference.labels(mixed)
    apart = parity.differences(alone, mixed)
    losses = _losses(reference, found, exact, options)
    ids = reference.ids
    reasons = [
        _disagreement(changed, moved, ids, options.agreement),
        _dependence(other, apart, [ids[index] for index in nearest]),
        *(_lost(name, loss, moved, ids) for name, loss in losses.items()),
    ]
    return Fidelity(
        texts=rows,
        agreement=float(1 - changed.mean()),
        max_difference=float(moved.max()),
        mixed_texts=len(texts),
        mixed_labels=int(other.sum()),
        mixed_difference=float(apart.max()),
        losses=losses,
        reason=next((reason for reason in reasons if reason), ""),
    )


def _margin(reference: Reference, probabilities: Probability) -> NDArray[np.float32]:
    """How far each text is from another label (N,): the nearest are the first to change."""
    if reference.positive is not None:
        near: NDArray[np.float32] = probabilities[:, reference.positive] - reference.threshold
        return np.abs(near)
    ranked = np.sort(probabilities, axis=1)
    gap: NDArray[np.float32] = ranked[:, -1] - ranked[:, -2]
    return gap


def _losses(
    reference: Reference, found: Probability, exact: Probability, options: Conversion
) -> dict[str, Loss]:
    """Metric -> what it loses on the slice where it exceeds most what it may lose."""
    place = {text: index for index, text in enumerate(reference.texts)}
    result: dict[str, Loss] = {}
    for part in reference.slices:
        at = [place[text] for text in part.texts]
        answers = (exact[at], np.nan_to_num(found[at]))
        before, after = (
            compute(part.labels, each, reference.positive, reference.threshold) for each in answers
        )
        for name, allowed in _allowed(reference, part, *answers, options).items():
            if name in before:
                loss = Loss(points=before[name] - after[name], allowed=allowed, slice=part.name)
                worst = result.setdefault(name, loss)
                if loss.points - loss.allowed > worst.points - worst.allowed:
                    result[name] = loss
    return result


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


def _lost(metric: str, loss: Loss, moved: NDArray[np.float32], ids: Sequence[str]) -> str:
    if loss.points <= loss.allowed + ROUNDING:
        return ""
    return (
        f"{metric} on {loss.slice} loses {100 * loss.points:.2f} points, at most "
        f"{100 * loss.allowed:.2g} may go; moved most: {parity.worst(moved, ids)}"
    )
