from dataclasses import replace
from pathlib import Path

from mlproject.evaluation.behaviour import Case
from mlproject.evaluation.examine import Incumbent, examine
from mlproject.evaluation.model import compared
from mlproject.evaluation.report import Findings
from mlproject.evaluation.slices import of, sample
from tests.evaluation.models import examples, told

LABELS = ("other", "consultation")
RIGHT = {"押金": 0.9, "工资": 0.8}
TEXTS = {"押金": 1, "工资": 1, "天气": 0, "电脑": 0}
SPLITS = {"validation": examples(TEXTS), "test": examples(TEXTS), "in_domain": examples(TEXTS)}
CASES = [Case("minimum", "money", ("借钱",), 0), Case("minimum", "wages", ("工资",), 1)]


def examined(folder: Path, learnt: dict[str, int] | None = None) -> Findings:
    slices = of(SPLITS, titles=True, openers=["您好"])
    worse = told(folder, "champion 2", {"押金": 0.9})
    asked = replace(
        told(folder, "large", RIGHT),
        only=tuple(sample(part, 2) for part in slices if part.name == "test"),
        extra={"cost_per_1000": 0.5},
    )
    return examine(
        model=told(folder, "model", RIGHT),
        labels=LABELS,
        slices=slices,
        cases=CASES,
        learnt=examples(learnt or {}),
        champion=Incumbent("2", "b" * 64, worse),
        baselines=[told(folder, "keywords", {"借钱": 0.5}), asked],
    )


def test_splits_and_sources_are_views_of_the_parts(tmp_path: Path) -> None:
    found = examined(tmp_path)
    assert list(found["metrics"]) == ["validation", "test", "in_domain"]
    assert found["metrics"]["test"] == found["parts"]["test"]["metrics"]
    assert found["sources"]["test"] == {"forum": found["metrics"]["test"]}
    assert found["labels"]["test"]["confusion"] == [[2, 0], [0, 2]]


def test_every_model_on_the_same_texts(tmp_path: Path) -> None:
    found = examined(tmp_path)["comparison"]
    slices = {"test", "test/opener_stripped", "in_domain", "in_domain/opener_stripped", "behaviour"}
    assert set(found["champion 2"]) == set(found["keywords"]) == slices
    assert found["model"]["test"]["recall"] == 1.0
    assert found["champion 2"]["test"]["recall"] == 0.5
    assert found["keywords"]["behaviour"]["all"] == 0.0
    assert found["model"]["behaviour"]["all"] == 1.0


def test_sources_of_posts_are_compared_where_there_are_several() -> None:
    posts = examples({"押金": 1}) + examples({"天气": 0}, source="reviewer")
    names = [part.name for part in compared(of({"test": posts, "in_domain": posts}))]
    sources = ["in_domain/source/forum", "in_domain/source/reviewer"]
    assert names == ["test", "in_domain", *sources]


def test_a_model_that_was_asked_a_sample_is_compared_on_it(tmp_path: Path) -> None:
    found = examined(tmp_path)["comparison"]
    assert set(found["large"]) == {"test/sample"}
    assert found["large"]["test/sample"]["cost_per_1000"] == 0.5
    assert found["model"]["test/sample"]["rows"] == 2
    assert "test/sample" not in found["keywords"]


def test_the_champion_s_distance(tmp_path: Path) -> None:
    champion = examined(tmp_path)["champion"]
    assert champion is not None
    low, high = champion["differences"]["in_domain"]["accuracy"]
    assert low == 0.0
    assert 0.25 < high <= 1.0


def test_texts_of_the_suite_that_were_learnt_are_counted(tmp_path: Path) -> None:
    behaviour = examined(tmp_path, learnt={"借 钱": 0, "房东": 1})["behaviour"]
    assert behaviour is not None
    assert behaviour["learnt"] == 1
