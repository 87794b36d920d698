from mlproject.evaluation.card import render
from mlproject.task import load
from tests.evaluation_fixtures import evaluation


def card(**metrics: dict[str, float]) -> str:
    found = evaluation(None, **metrics)
    rates = {
        "all": {"passed": 8, "cases": 10, "rate": 0.8},
        "minimum.love": {"passed": 1, "cases": 5, "rate": 0.2},
        "minimum.money": {"passed": 5, "cases": 5, "rate": 1.0},
    }
    found["behaviour"] = {"rates": rates, "failures": [], "learnt": 2}  # type: ignore[typeddict-item]
    return render(load("legal"), found, {"threshold": 0.4}, {"train": 1_000, "test": 300})


def test_what_it_is_and_what_it_learnt_from() -> None:
    text = card(test={"rows": 300, "f1": 0.5})
    assert text.startswith("# Legal consultations among forum posts\n")
    assert "labels `other`, `consultation`; looked for is `consultation`" in text
    assert "- threshold: 0.4" in text
    assert "- `train`: 1,000 texts" in text


def test_its_limits_follow_from_what_was_measured() -> None:
    text = card(test={"rows": 300, "f1": 0.5}, in_domain={"rows": 40, "f1": 0.5})
    assert "`in_domain` has less than 200 texts" in text
    assert "`test` has less" not in text
    assert "Weak in: `minimum.love` (1 of 5)." in text
    assert "2 texts of the suite are in the training data." in text


def test_without_reviewed_posts_it_says_so() -> None:
    assert "No reviewed posts" in card(test={"rows": 300})
