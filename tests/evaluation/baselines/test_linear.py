from pathlib import Path

import numpy as np
import pytest

from mlproject.evaluation.baselines.linear import Linear, counts

CALLS = ["房东不退押金怎么办", "公司拖欠工资怎么办", "被车撞了找谁赔", "押金要不回来了"]
OTHERS = ["今天天气不错", "求推荐笔记本电脑", "周末去哪里玩", "新手机真好看"]


def labels(texts: list[str]) -> np.ndarray:
    return np.array([int(text in CALLS) for text in texts])


@pytest.fixture(scope="module")
def fitted() -> Linear:
    texts = CALLS + OTHERS
    return Linear.fit(texts, labels(texts))


def test_it_learns_what_it_is_shown(fitted: Linear) -> None:
    found = fitted.predict(["押金怎么办", "天气不错的周末"])
    assert found.argmax(axis=1).tolist() == [1, 0]
    assert found.sum(axis=1).tolist() == pytest.approx([1, 1])


def test_it_comes_back_from_its_file(fitted: Linear, tmp_path: Path) -> None:
    path = tmp_path / "new" / "linear.npz"
    fitted.write(path)
    again = Linear.read(path)
    assert again is not None
    assert again.predict(CALLS) == pytest.approx(fitted.predict(CALLS), abs=1e-4)


def test_three_labels(tmp_path: Path) -> None:
    texts = [*CALLS, *OTHERS, "abc def", "def abc"]
    model = Linear.fit(texts, np.array([0] * 4 + [1] * 4 + [2] * 2))
    model.write(tmp_path / "x")
    again = Linear.read(tmp_path / "x")
    assert again is not None
    assert again.predict(["abc", "押金"]).argmax(axis=1).tolist() == [2, 0]


def test_no_file_and_a_damaged_one(fitted: Linear, tmp_path: Path) -> None:
    assert Linear.read(tmp_path / "x") is None
    fitted.write(tmp_path / "x")
    (tmp_path / "x").write_bytes((tmp_path / "x").read_bytes()[:100])
    assert Linear.read(tmp_path / "x") is None


def test_n_grams_are_counted_by_text() -> None:
    # Of " aa ": two blanks, two a; " a", "aa", "a "; " aa", "aa " — without the last blank.
    assert counts(["aa", "", "b"]).sum(axis=1).ravel().tolist() == [[8, 2, 5]]
