import pytest

from mlproject.evaluation.baselines.keywords import Keywords


def test_one_word_is_enough_and_more_are_surer() -> None:
    words = Keywords(["律师", "起诉", "c++"], positive=1, labels=2)
    found = words.predict(["借钱", "找律师", "律师，律师", "律师，起诉", "C 和 c++"])
    assert found[:, 1].tolist() == pytest.approx([0, 0.5, 0.5, 0.75, 0.5])
    assert found.sum(axis=1).tolist() == pytest.approx([1] * 5)


def test_the_other_labels_share_the_rest() -> None:
    found = Keywords(["a"], positive=0, labels=3).predict(["a"])
    assert found.tolist() == [[0.5, 0.25, 0.25]]
