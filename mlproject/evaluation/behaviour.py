"""What a classifier must be able to do, case by case, and which cases it passes. Pure but for
reading the file.

Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlproject.errors import InputError
from mlproject.evaluation.metrics import decide
from mlproject.settings import describe

CERTAIN = 0.99  # from here on there is no room for a probability to rise, nor below 0.01 to fall
Kind = Literal["minimum", "invariance", "direction"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Minimum(Part):
    label: str
    texts: tuple[str, ...] = Field(min_length=1)


class Direction(Part):
    label: str
    change: Literal["raises", "lowers"]
    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)


class Suite(Part):
    """Each name is a capability."""

    minimum: dict[str, Minimum] = Field(default_factory=dict)
    invariance: dict[str, tuple[tuple[str, str], ...]] = Field(default_factory=dict)
    direction: dict[str, Direction] = Field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One text that must get the label, or two that must get the same one (label None), or the
    second of which must make the label more (rise 1) or less (-1) probable."""

    kind: Kind
    capability: str
    texts: tuple[str, ...]
    label: int | None = None
    rise: int = 0


class Rate(TypedDict):
    passed: int
    cases: int
    rate: float


class Failure(TypedDict):
    capability: str
    texts: list[str]
    probabilities: list[float]  # of the label, or of the label that the first text got


class Outcome(TypedDict):
    rates: dict[str, Rate]  # "all", each kind, and each capability as KIND.NAME
    failures: list[Failure]


def load(path: Path, labels: Sequence[str]) -> list[Case]:
    """The cases of a file.

    Raises:
        InputError: there is no such file, it does not fit, or it names an unknown label.
    """
    try:
        suite = Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"behavioural suite {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"behavioural suite {path}: not YAML: {reason}") from None
    except ValidationError as error:
        raise InputError(f"behavioural suite {path}: {describe(error)}") from None
    named = [part.label for part in suite.minimum.values()]
    named += [part.label for part in suite.direction.values()]
    if unknown := sorted(set(named) - set(labels)):
        raise InputError(f"behavioural suite {path}: label {unknown[0]!r} is not in {list(labels)}")
    return list(_cases(suite, labels))


def _cases(suite: Suite, labels: Sequence[str]) -> Iterator[Case]:
    for name, minimum in suite.minimum.items():
        label = labels.index(minimum.label)
        yield from (Case("minimum", name, (text,), label) for text in minimum.texts)
    for name, pairs in suite.invariance.items():
        yield from (Case("invariance", name, pair) for pair in pairs)
    for name, direction in suite.direction.items():
        label, rise = labels.index(direction.label), 1 if direction.change == "raises" else -1
        yield from (Case("direction", name, pair, label, rise) for pair in direction.pairs)


def judge(
    cases: Sequence[Case],
    answers: Mapping[str, np.ndarray],
    positive: int | None,
    threshold: float,
) -> Outcome:
    """How many cases of each kind and capability pass.

    ``answers``: the probabilities (labels,) of each text of the cases.
    """
    outcome = Outcome(rates={}, failures=[])
    for case in cases:
        found = np.stack([answers[text] for text in case.texts])
        chosen = decide(found, positive, threshold)
        shown = found[:, chosen[0] if case.label is None else case.label]
        passed = _passes(case, chosen, shown)
        capability = f"{case.kind}.{case.capability}"
        for name in ("all", case.kind, capability):
            rate = outcome["rates"].setdefault(name, Rate(passed=0, cases=0, rate=0.0))
            rate["passed"] += passed
            rate["cases"] += 1
            rate["rate"] = rate["passed"] / rate["cases"]
        if not passed:
            outcome["failures"].append(
                Failure(
                    capability=capability,
                    texts=list(case.texts),
                    probabilities=[round(float(value), 4) for value in shown],
                )
            )
    return outcome


def _passes(case: Case, chosen: np.ndarray, shown: np.ndarray) -> bool:
    if case.kind == "minimum":
        return bool(chosen[0] == case.label)
    if case.kind == "invariance":
        return bool(chosen[0] == chosen[1])
    before, after = shown if case.rise > 0 else 1 - shown
    return bool(after > before or after >= CERTAIN)
