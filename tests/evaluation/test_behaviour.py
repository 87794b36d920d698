from pathlib import Path

import numpy as np
import pytest
import yaml

from mlproject.errors import InputError
from mlproject.evaluation.behaviour import Case, judge, load

LABELS = ("other", "consultation")
SUITE = {
    "minimum": {"money": {"label": "other", "texts": ["借钱", "存钱"]}},
    "invariance": {"openers": [["押金", "您好，押金"]]},
    "direction": {
        "sue": {"label": "consultation", "change": "raises", "pairs": [["a", "b"]]},
        "vent": {"label": "consultation", "change": "lowers", "pairs": [["a", "c"]]},
    },
}


def write(path: Path, suite: object) -> Path:
    path.write_text(yaml.safe_dump(suite, allow_unicode=True), encoding="utf-8")
    return path


def answers(**positive: float) -> dict[str, np.ndarray]:
    return {text: np.array([1 - value, value]) for text, value in positive.items()}


def passes(case: Case, **positive: float) -> bool:
    return judge([case], answers(**positive), 1, 0.5)["rates"]["all"]["passed"] == 1


def test_each_text_or_pair_is_a_case(tmp_path: Path) -> None:
    cases = load(write(tmp_path / "suite.yaml", SUITE), LABELS)
    assert [(case.kind, case.capability) for case in cases] == [
        *[("minimum", "money")] * 2,
        ("invariance", "openers"),
        *(("direction", "sue"), ("direction", "vent")),
    ]
    assert cases[0] == Case("minimum", "money", ("借钱",), 0)
    assert [case.rise for case in cases[3:]] == [1, -1]


def test_minimum_the_label_at_the_threshold() -> None:
    case = Case("minimum", "x", ("a",), 1)
    assert passes(case, a=0.5)
    assert not passes(case, a=0.49)
    assert not judge([case], answers(a=0.5), 1, 0.7)["rates"]["all"]["passed"]


def test_invariance_the_same_label_right_or_wrong() -> None:
    case = Case("invariance", "x", ("a", "b"))
    assert passes(case, a=0.9, b=0.6)
    assert passes(case, a=0.1, b=0.4)
    assert not passes(case, a=0.51, b=0.49)


@pytest.mark.parametrize(
    ("rise", "before", "after", "passed"),
    [
        *[(1, 0.2, 0.3, True), (1, 0.3, 0.3, False), (1, 0.3, 0.2, False)],
        *[(-1, 0.3, 0.2, True), (-1, 0.3, 0.3, False), (-1, 0.2, 0.3, False)],
        *[(1, 0.999, 0.995, True), (-1, 0.001, 0.005, True)],  # no room left
    ],
)
def test_direction(rise: int, before: float, after: float, passed: bool) -> None:
    case = Case("direction", "x", ("a", "b"), 1, rise)
    assert passes(case, a=before, b=after) is passed


def test_rates_of_all_of_each_kind_and_of_each_capability() -> None:
    cases = [Case("minimum", "m", ("a",), 0), Case("minimum", "n", ("b",), 0)]
    outcome = judge(cases, answers(a=0.1, b=0.9), 1, 0.5)
    rates = {name: rate["rate"] for name, rate in outcome["rates"].items()}
    assert rates == {"all": 0.5, "minimum": 0.5, "minimum.m": 1.0, "minimum.n": 0.0}
    assert outcome["failures"] == [
        {"capability": "minimum.n", "texts": ["b"], "probabilities": [pytest.approx(0.1)]}
    ]


@pytest.mark.parametrize(
    ("suite", "says"),
    [
        ({"maximum": {}}, "maximum is not known"),
        ({"minimum": {"money": {"label": "no", "texts": ["a"]}}}, "label 'no' is not in"),
        ({"direction": {"x": {"label": "other", "change": "turns", "pairs": []}}}, "change"),
    ],
)
def test_a_suite_that_does_not_fit(tmp_path: Path, suite: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load(write(tmp_path / "suite.yaml", suite), LABELS)


def test_a_missing_suite(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"suite\.yaml"):
        load(tmp_path / "suite.yaml", LABELS)
