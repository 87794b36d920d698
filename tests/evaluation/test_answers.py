from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mlproject import stop
from mlproject.errors import StoppedError
from mlproject.evaluation import answers
from mlproject.evaluation.answers import Answers


class Counting:
    """Answers with the length of a text, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[1 - len(text) / 10, len(text) / 10] for text in texts])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "answers.npz"


def test_answers_come_in_the_order_of_the_texts(path: Path) -> None:
    found = Answers(path, "m", Counting()).of(["aaa", "b", "aaa"])
    assert found[:, 1].tolist() == pytest.approx([0.3, 0.1, 0.3])


def test_a_text_is_asked_once_and_for_all(path: Path) -> None:
    model = Counting()
    Answers(path, "m", model).of(["a", "bb", "a"])
    again = Answers(path, "m", model).of(["bb", "ccc"])
    assert sorted(model.asked) == ["a", "bb", "ccc"]
    assert again[:, 1].tolist() == pytest.approx([0.2, 0.3])


def test_another_model_is_asked_anew(path: Path) -> None:
    Answers(path, "m", Counting()).of(["a"])
    model = Counting()
    Answers(path, "other", model).of(["a"])
    assert model.asked == ["a"]


def test_a_damaged_file_is_asked_anew(path: Path) -> None:
    Answers(path, "m", Counting()).of(["a"])
    path.write_bytes(path.read_bytes()[:40])
    model = Counting()
    assert Answers(path, "m", model).of(["a"]).shape == (1, 2)
    assert model.asked == ["a"]


def test_a_stop_keeps_what_was_answered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "BLOCK", 1)
    monkeypatch.setattr(stop, "requested", lambda: True)
    model = Counting()
    with pytest.raises(StoppedError):
        Answers(path, "m", model).ask(["a", "bb"])
    assert model.asked == ["a"]
    monkeypatch.setattr(stop, "requested", lambda: False)
    Answers(path, "m", model).ask(["a", "bb"])
    assert model.asked == ["a", "bb"]


def test_what_is_no_number_on_disk_is_asked_again(path: Path) -> None:
    Answers(path, "m", lambda texts: np.full((len(texts), 2), np.nan)).of(["a"])
    model = Counting()
    assert Answers(path, "m", model).of(["a", "bb"])[:, 1].tolist() == pytest.approx([0.1, 0.2])
    assert model.asked == ["a", "bb"]
