from collections.abc import Sequence

import numpy as np

from mlproject.dataset.read import Example
from mlproject.evaluation.slices import evaluate


def example(text: str, label: int, source: str) -> Example:
    return Example(text, text, label, source)


SPLITS = {
    "train": [example("never asked", 1, "a")],
    "test": [example("yes", 1, "a"), example("no", 0, "a"), example("yes", 0, "b")],
    "in_domain": [example("no", 1, "posts")],
}


def predict(texts: Sequence[str]) -> np.ndarray:
    assert "never asked" not in texts
    return np.array([[0.0, 1.0] if text == "yes" else [1.0, 0.0] for text in texts])


def test_each_split_and_each_source() -> None:
    report = evaluate(SPLITS, predict, positive=1, threshold=0.5)
    assert list(report["metrics"]) == ["test", "in_domain"]
    assert report["metrics"]["test"]["precision"] == 0.5
    assert {name: part["rows"] for name, part in report["sources"]["test"].items()} == {
        "a": 2,
        "b": 1,
    }
    assert report["sources"]["test"]["a"]["accuracy"] == 1.0
    assert report["metrics"]["in_domain"]["recall"] == 0.0


def test_nothing_to_evaluate() -> None:
    report = evaluate({"train": SPLITS["train"]}, predict, positive=1, threshold=0.5)
    assert report["metrics"] == {}
