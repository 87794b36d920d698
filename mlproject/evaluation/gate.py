"""Whether a model may be served. Pure: metrics in, decision out."""

import math
from collections.abc import Mapping
from typing import TypedDict

from mlproject.errors import InputError
from mlproject.evaluation.bootstrap import CERTAINTY, Interval
from mlproject.task import Gate

Metrics = Mapping[str, Mapping[str, float]]  # split -> metric -> value
Differences = Mapping[str, Mapping[str, Interval]]  # split -> metric -> range of new minus old


class Check(TypedDict):
    rule: str  # minimum or champion
    split: str
    metric: str
    value: float  # measured; by rule champion the best that the difference may be
    bound: float  # the value must be at least that
    passed: bool


class Decision(TypedDict):
    passed: bool
    reasons: list[str]  # one line for each check that failed
    checks: list[Check]


def decide(candidate: Metrics, champion: Differences | None, rules: Gate) -> Decision:
    """Check the candidate's metrics against the rules, and its distance from the champion.

    It is refused where a paired bootstrap is certain (97.5 %) that it is worse than the champion
    by more than what is tolerated: where the upper end of the difference's range says so. A split
    that only one of the two has is not compared.

    Raises:
        InputError: a minimum names a split or metric that was not measured.
    """
    checks = [
        _check("minimum", split, metric, _measured(candidate, split, metric), bound)
        for split, bounds in rules.minimum.items()
        for metric, bound in bounds.items()
    ]
    for split in rules.compare:
        difference = (champion or {}).get(split, {}).get(rules.metric)
        if difference is not None:
            checks.append(_check("champion", split, rules.metric, difference[1], -rules.tolerance))
    reasons = [_reason(check) for check in checks if not check["passed"]]
    return Decision(passed=not reasons, reasons=reasons, checks=checks)


def _measured(candidate: Metrics, split: str, metric: str) -> float:
    if split not in candidate:
        raise InputError(
            f"gate.minimum names split {split!r}, which was not evaluated: there are "
            f"{', '.join(candidate) or 'none'}"
        )
    if metric not in candidate[split]:
        raise InputError(
            f"gate.minimum names metric {metric!r} of split {split!r}, which was not measured: "
            f"there are {', '.join(candidate[split])}"
        )
    return candidate[split][metric]


def _check(rule: str, split: str, metric: str, value: float, bound: float) -> Check:
    passed = math.isfinite(value) and value >= bound  # a value that is no number never passes
    return Check(rule=rule, split=split, metric=metric, value=value, bound=bound, passed=passed)


def _reason(check: Check) -> str:
    name, value, bound = f"{check['split']} {check['metric']}", check["value"], check["bound"]
    if check["rule"] == "minimum":
        return f"{name} {value:.4f} is below the minimum {bound:.4f}"
    return (
        f"{name} is below the champion's by {-value:.4f} or more ({CERTAINTY:.1%} certain); "
        f"{-bound:.4f} is tolerated"
    )
