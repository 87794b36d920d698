"""Whether a model may be served. Pure: metrics in, decision out."""

import math
from collections.abc import Mapping
from typing import TypedDict

from mlproject.errors import InputError
from mlproject.task import Gate

Metrics = Mapping[str, Mapping[str, float]]  # split -> metric -> value


class Check(TypedDict):
    rule: str  # minimum or champion
    split: str
    metric: str
    value: float
    bound: float  # the value must be at least that
    passed: bool


class Decision(TypedDict):
    passed: bool
    reasons: list[str]  # one line for each check that failed
    checks: list[Check]


def decide(candidate: Metrics, champion: Metrics | None, rules: Gate) -> Decision:
    """Check the candidate's metrics against the rules and against the champion's.

    A split that only one of the two has is not compared.

    Raises:
        InputError: a minimum names a split or metric that was not measured.
    """
    checks = [
        _check("minimum", split, metric, _measured(candidate, split, metric), bound)
        for split, bounds in rules.minimum.items()
        for metric, bound in bounds.items()
    ]
    for split in rules.compare:
        new = candidate.get(split, {}).get(rules.metric)
        old = (champion or {}).get(split, {}).get(rules.metric)
        if new is not None and old is not None:
            error = standard_error(old, (champion or {})[split])
            bound = old - rules.tolerance - rules.standard_errors * error
            checks.append(_check("champion", split, rules.metric, new, bound))
    reasons = [_reason(check) for check in checks if not check["passed"]]
    return Decision(passed=not reasons, reasons=reasons, checks=checks)


def standard_error(value: float, measured: Mapping[str, float]) -> float:
    """Of a share: sqrt(v (1 - v) / n), n the rows of the positive label, else all rows.

    0 where neither was counted. For F1 an approximation: it is no share of independent rows.
    """
    positives = measured.get("true_positives", 0.0) + measured.get("false_negatives", 0.0)
    number = positives or measured.get("rows", 0.0)
    return math.sqrt(value * (1 - value) / number) if number else 0.0


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
    measured = f"{check['split']} {check['metric']} {check['value']:.4f} is below"
    if check["rule"] == "minimum":
        return f"{measured} the minimum {check['bound']:.4f}"
    return f"{measured} {check['bound']:.4f}, the champion's less what is tolerated"
