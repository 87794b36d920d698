import re

from mlproject.evaluation.measure import Part
from mlproject.evaluation.names import baseline_metrics, flat
from mlproject.evaluation.report import Champion
from tests.evaluation_fixtures import evaluation, part


def test_splits_slices_suite_and_champion() -> None:
    champion = Champion(version="1", model_sha256="", metrics={"test": {"f1": 0.4}}, differences={})
    found = evaluation(champion, test={"rows": 9, "f1": 0.5})
    found["parts"] = {
        "test": Part(metrics={"rows": 9, "f1": 0.5}, intervals={"f1": (0.3, 0.7)}, note=""),
        "test/source/a:b（c）": part(rows=4, f1=0.6),
    }
    rates = {"all": {"passed": 1, "cases": 2, "rate": 0.5}}
    found["behaviour"] = {"rates": rates, "failures": [], "learnt": 0}  # type: ignore[typeddict-item]
    assert flat(found) == {
        **{"test.rows": 9, "test.f1": 0.5, "test.f1_low": 0.3, "test.f1_high": 0.7},
        "test/source/a_b_c_.f1": 0.6,
        **{"behaviour.all": 0.5, "champion.test.f1": 0.4},
    }


def test_a_baseline_has_the_same_names() -> None:
    found = baseline_metrics({"test": {"f1": 0.5}, "behaviour": {"minimum.money": 0.2}})
    assert found == {"test.f1": 0.5, "behaviour.minimum.money": 0.2}
    assert all(re.fullmatch(r"[\w./ -]+", name) for name in found)
