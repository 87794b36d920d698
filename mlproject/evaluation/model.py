"""A model as the evaluation sees it: its name, its answers, its threshold. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mlproject.evaluation import behaviour, bootstrap, metrics
from mlproject.evaluation.answers import Answers
from mlproject.evaluation.behaviour import Case, Outcome
from mlproject.evaluation.bootstrap import Sampled
from mlproject.evaluation.measure import Metrics
from mlproject.evaluation.slices import Slice

RANGES = ("f1", "average_precision")  # metrics whose intervals stand beside those of other models
COMPARED = ("", "title_only", "opener_stripped")  # kinds of slices in the comparison


@dataclass(frozen=True)
class Model:
    name: str
    answers: Answers
    positive: int | None
    threshold: float = 0.5
    only: tuple[Slice, ...] = ()  # all that it was asked, where that is not every text
    extra: Mapping[str, float] = field(default_factory=dict)  # its own figures, of any text

    def judge(self, cases: Sequence[Case]) -> Outcome:
        """The behavioural suite."""
        texts = sorted({text for case in cases for text in case.texts})
        found: dict[str, np.ndarray] = dict(zip(texts, self.answers.of(texts), strict=True))
        return behaviour.judge(cases, found, self.positive, self.threshold)

    def measure(self, part: Slice) -> Metrics:
        found = self.answers.of(part.texts)
        return metrics.compute(part.labels, found, self.positive, self.threshold) | dict(self.extra)

    def _ranges(self, part: Slice) -> Metrics:
        """The 95 % intervals of RANGES, as NAME_low and NAME_high."""
        found = self.answers.of(part.texts)
        sampled = Sampled(part.labels, found, self.positive, self.threshold)
        return {
            f"{name}_{end}": value
            for name, ends in bootstrap.intervals(sampled, len(found)).items()
            for end, value in zip(("low", "high"), ends, strict=True)
            if name in RANGES and np.isfinite(value)
        }

    def compared(self, slices: Sequence[Slice], cases: Sequence[Case]) -> dict[str, Metrics]:
        """Slice -> metrics, two with intervals; "behaviour" -> rates, where there are cases."""
        result = {part.name: self.measure(part) | self._ranges(part) for part in slices}
        if cases:
            rates = self.judge(cases)["rates"]
            result["behaviour"] = {name: rate["rate"] for name, rate in rates.items()}
        return result


def compared(slices: Sequence[Slice]) -> list[Slice]:
    """The slices that models are compared on: splits, their variants, and each source of posts."""
    sources = [part for part in slices if part.split == "in_domain" and part.kind == "source"]
    return [
        part
        for part in slices
        if (part.kind in COMPARED and part.split != "validation")
        or (len(sources) > 1 and part in sources)
    ]
