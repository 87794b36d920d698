import pytest

from mlproject.errors import InputError
from mlproject.evaluation.gate import decide
from mlproject.task import Gate

RULES = Gate(minimum={"test": {"f1": 0.6}}, tolerance=0.02, compare=("test", "in_domain"))


def metrics(**f1: float) -> dict[str, dict[str, float]]:
    return {split: {"f1": value} for split, value in f1.items()}


def test_good_enough_without_a_champion() -> None:
    assert decide(metrics(test=0.6), None, RULES)["passed"]


def test_below_the_minimum() -> None:
    decision = decide(metrics(test=0.59), None, RULES)
    assert not decision["passed"]
    assert decision["reasons"] == ["test f1 0.5900 is below the minimum 0.6000"]


def test_a_little_worse_than_the_champion_is_let_through() -> None:
    assert decide(metrics(test=0.79), metrics(test=0.8), RULES)["passed"]


def test_much_worse_than_the_champion_is_not() -> None:
    decision = decide(metrics(test=0.9, in_domain=0.5), metrics(test=0.8, in_domain=0.7), RULES)
    assert decision["reasons"] == [
        "in_domain f1 0.5000 is below 0.6800, the champion's less what is tolerated"
    ]
    assert [check["passed"] for check in decision["checks"]] == [True, True, False]


def test_chance_on_a_small_split_is_tolerated_but_not_on_a_large_one() -> None:
    worse = metrics(in_domain=0.82)
    for positives, passed in ((15.0, True), (1500.0, False)):
        counted = {"f1": 0.93, "true_positives": positives, "false_negatives": 0.0}
        rules = RULES.model_copy(update={"minimum": {}})
        assert decide(worse, {"in_domain": counted}, rules)["passed"] is passed


def test_a_ruined_model_is_refused_on_a_small_split_too() -> None:
    counted = {"f1": 0.93, "true_positives": 13.0, "false_negatives": 2.0}
    rules = RULES.model_copy(update={"minimum": {}})
    assert not decide(metrics(in_domain=0.5), {"in_domain": counted}, rules)["passed"]


def test_a_split_that_one_of_them_lacks_is_not_compared() -> None:
    decision = decide(metrics(test=0.9), metrics(in_domain=0.7), RULES)
    assert [check["rule"] for check in decision["checks"]] == ["minimum"]


def test_no_number_never_passes() -> None:
    assert not decide(metrics(test=float("nan")), None, RULES)["passed"]
    assert not decide(metrics(test=float("inf")), None, RULES)["passed"]


@pytest.mark.parametrize(
    ("found", "says"),
    [({"validation": {"f1": 1.0}}, "split 'test'"), ({"test": {"recall": 1.0}}, "metric 'f1'")],
)
def test_a_minimum_that_was_not_measured_is_a_wrong_input(
    found: dict[str, dict[str, float]], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        decide(found, None, RULES)
