"""What a candidate loses of a metric on a slice, and how much of it may go."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from mlproject.evaluation.metrics import compute, decide
from mlproject.evaluation.slices import Slice
from mlproject.packaging import worth
from mlproject.packaging.options import Conversion
from mlproject.packaging.parity import Probability
from mlproject.packaging.report import Allowance, Loss

ROUNDING = 1e-9


@dataclass(frozen=True)
class Judge:
    """How a text gets its label, and what may be lost."""

    positive: int | None
    threshold: float
    options: Conversion

    def changes(self, part: Slice, exact: Probability, found: Probability) -> list["Change"]:
        """F1 and average precision, where the slice has them.

        ``exact`` and ``found``: fp32's and the candidate's answers to the slice's texts.
        """
        before, after = (
            compute(part.labels, each, self.positive, self.threshold) for each in (exact, found)
        )
        return [
            Change(name, part.name, before[name] - after[name], allowed)
            for name, allowed in self._allowed(part, exact, found).items()
            if name in before
        ]

    def _allowed(self, part: Slice, exact: Probability, found: Probability) -> dict[str, float]:
        """``loss``, or the slice's smallest steps where one alone is worth more than that.

        For F1 a step is a text that was right and is wrong now; were it more than ``loss_texts``
        of them, ``loss`` holds. For average precision it is a swap of two neighbours.
        """
        most, steps = self.options.loss, self.options.loss_texts
        right, now = (
            decide(each, self.positive, self.threshold) == part.labels for each in (exact, found)
        )
        few = int((right & ~now).sum()) <= steps
        chosen = decide(exact, self.positive, self.threshold)
        text = worth.of_text(part.labels, chosen, exact.shape[1], self.positive)
        swap = worth.of_swap(part.labels, exact, self.positive)
        return {
            "f1": max(most, steps * text) if few and text > most else most,
            "average_precision": max(most, steps * swap) if swap > most else most,
        }


@dataclass(frozen=True)
class Change:
    """Of one metric on one slice."""

    metric: str
    slice: str
    points: float  # that are lost, 0 to 1
    allowed: float

    @property
    def beyond(self) -> bool:
        return self.points > self.allowed + ROUNDING


def losses(changes: Sequence[Change]) -> dict[str, Loss]:
    """Metric -> what it loses on the slice where it loses most."""
    rising = sorted(changes, key=lambda change: change.points)
    return {each.metric: Loss(points=each.points, slice=each.slice) for each in rising}


def allowances(changes: Sequence[Change], loss: float) -> tuple[Allowance, ...]:
    """Those that lose more than ``loss`` and no more than their slice's smallest step."""
    return tuple(
        Allowance(**asdict(each))
        for each in changes
        if each.points > loss + ROUNDING and not each.beyond
    )
