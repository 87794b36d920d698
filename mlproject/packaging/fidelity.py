"""What a candidate keeps of the trained network's answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlproject.evaluation.metrics import decide
from mlproject.evaluation.slices import Slice
from mlproject.packaging import change, parity
from mlproject.packaging.change import ROUNDING, Change, Judge
from mlproject.packaging.options import Conversion
from mlproject.packaging.parity import Probability
from mlproject.packaging.report import Fidelity
from mlproject.serving.predictor import Predictor


@dataclass(frozen=True)
class Reference:
    """Texts and what is right about them. The first ``len(ids)`` are rows that PyTorch answered."""

    texts: tuple[str, ...]
    ids: tuple[str, ...]
    expected: Probability  # PyTorch's of the rows
    slices: tuple[Slice, ...]
    positive: int | None
    threshold: float
    dataset_id: str = ""

    def labels(self, probabilities: Probability) -> NDArray[np.int64]:
        found: NDArray[np.int64] = decide(probabilities, self.positive, self.threshold)
        return found


def of(
    slices: Sequence[Slice],
    rows: dict[str, str],
    expected: Probability,
    positive: int | None,
    threshold: float,
    dataset_id: str = "",
) -> Reference:
    """``rows``: id -> text of those that PyTorch answered; slices may show parts of them."""
    parts = {text for part in slices for text in part.texts} - set(rows.values())
    texts = (*rows.values(), *sorted(parts))
    return Reference(texts, tuple(rows), expected, tuple(slices), positive, threshold, dataset_id)


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
    other, apart = _neighbourly(predictor, reference, texts)
    changes = _changes(reference, found, exact, options)
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
        losses=change.losses(changes),
        allowances=change.allowances(changes, options.loss),
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


def _changes(
    reference: Reference, found: Probability, exact: Probability, options: Conversion
) -> list[Change]:
    place = {text: index for index, text in enumerate(reference.texts)}
    judge = Judge(reference.positive, reference.threshold, options)
    result = []
    for part in reference.slices:
        at = [place[text] for text in part.texts]
        result += judge.changes(part, exact[at], np.nan_to_num(found[at]))
    return result


def _neighbourly(
    predictor: Predictor, reference: Reference, texts: Sequence[Sequence[int]]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Whether each text has another label in some batch than alone, and how far it moves (N,)."""
    alone, mixed = parity.alone_and_mixed(predictor, texts)
    labels = reference.labels(alone)
    other, apart = labels != reference.labels(mixed), parity.differences(alone, mixed)
    for found in parity.otherwise_mixed(predictor, texts):
        other |= labels != reference.labels(found)
        apart = np.maximum(apart, parity.differences(alone, found))
    return other, apart


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


def _lost(changes: Sequence[Change], moved: NDArray[np.float32], ids: Sequence[str]) -> str:
    worst = max(changes, key=lambda change: change.points - change.allowed, default=None)
    if worst is None or not worst.beyond:
        return ""
    return (
        f"{worst.metric} on {worst.slice} loses {100 * worst.points:.2f} points, at most "
        f"{100 * worst.allowed:.2g} may go; moved most: {parity.worst(moved, ids)}"
    )
