import pytest

from mlproject.errors import InputError
from mlproject.evaluation.bootstrap import Interval
from mlproject.evaluation.gate import decide
from mlproject.task import Gate

RULES = Gate(minimum={"test": {"f1": 0.6}}, tolerance=0.02, compare=("test", "in_domain"))


def metrics(**f1: float) -> dict[str, dict[str, float]]:
    return {split: {"f1": value} for split, value in f1.items()}


def differences(**f1: Interval) -> dict[str, dict[str, Interval]]:
    return {split: {"f1": interval} for split, interval in f1.items()}


def test_good_enough_without_a_champion() -> None:
    assert decide(metrics(test=0.6), None, RULES)["passed"]


def test_below_the_minimum() -> None:
    decision = decide(metrics(test=0.59), None, RULES)
    assert not decision["passed"]
    assert decision["reasons"] == ["test f1 0.5900 is below the minimum 0.6000"]


def test_perhaps_worse_than_the_champion_is_let_through() -> None:
    assert decide(metrics(test=0.7), differences(test=(-0.2, -0.01)), RULES)["passed"]


def test_certainly_worse_than_the_champion_is_not() -> None:
    found = differences(test=(-0.01, 0.01), in_domain=(-0.2, -0.05))
    decision = decide(metrics(test=0.9, in_domain=0.5), found, RULES)
    assert decision["reasons"] == [
        "in_domain f1 is below the champion's by 0.0500 or more (97.5% certain); "
        "0.0200 is tolerated"
    ]
    assert [check["passed"] for check in decision["checks"]] == [True, True, False]


def test_a_split_that_one_of_them_lacks_is_not_compared() -> None:
    decision = decide(metrics(test=0.9), {}, RULES)
    assert [check["rule"] for check in decision["checks"]] == ["minimum"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_never_passes(value: float) -> None:
    assert not decide(metrics(test=value), None, RULES)["passed"]
    assert not decide(metrics(test=0.9), differences(test=(value, value)), RULES)["passed"]


@pytest.mark.parametrize(
    ("found", "says"),
    [({"validation": {"f1": 1.0}}, "split 'test'"), ({"test": {"recall": 1.0}}, "metric 'f1'")],
)
def test_a_minimum_that_was_not_measured_is_a_wrong_input(
    found: dict[str, dict[str, float]], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        decide(found, None, RULES)
