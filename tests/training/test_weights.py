import logging

import numpy as np
import pytest

from mlproject.dataset.read import Example
from mlproject.errors import InputError
from mlproject.task import Training
from mlproject.training.weights import after_epochs, of_rows, warn_of_missing

ROWS = [
    Example("1", "借钱", 0, "lcqmc"),
    Example("2", "押金", 1, "legal-a"),
    Example("3", "工资", 1, "anna", reviewed=True),
]


def test_without_a_setting_all_rows_weigh_the_same() -> None:
    assert of_rows(ROWS, Training()) is None


def test_a_reviewed_post_weighs_as_much_as_it_says_and_the_mean_is_one() -> None:
    weights = of_rows(ROWS, Training(reviewed_weight=20))
    assert weights is not None
    assert (weights / weights[0]).tolist() == pytest.approx([1, 1, 20])
    assert weights.mean() == pytest.approx(1.0)


def test_all_patterns_that_match_are_multiplied() -> None:
    values = Training(source_weights={"legal-*": 2.0, "*-a": 3.0, "anna": 0.5}, reviewed_weight=4)
    weights = of_rows(ROWS, values)
    assert weights is not None
    assert (weights / weights[0]).tolist() == pytest.approx([1, 6, 2])


def test_patterns_without_rows_are_named_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    warn_of_missing(ROWS, Training(source_weights={"nobody": 2.0, "lc*": 2.0, "x-*": 1.0}))
    assert caplog.messages == ["source_weights: no row of split 'train' is from 'nobody', 'x-*'"]


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(InputError, match="more than 0"):
        of_rows(ROWS, Training(source_weights={"*": 0.0}))


NONE, FIRST = np.zeros(4, bool), np.array([True, False, False, False])


def test_reviewed_texts_have_their_share_of_the_weight() -> None:
    plain = np.array([1.0, 2.0, 1.0, 1.0])
    found = after_epochs(plain, FIRST, NONE, Training(reviewed_share=0.8))
    assert found[0] == pytest.approx(0.8)
    assert found[1] == pytest.approx(2 * found[2])
    assert found.sum() == pytest.approx(1)


def test_without_reviewed_texts_the_weights_stay() -> None:
    found = after_epochs(np.arange(4.0), NONE, FIRST, Training(reviewed_share=0.8))
    assert found.tolist() == [0, 1, 2, 3]


def test_reviewed_texts_of_the_positive_label_count_several_times() -> None:
    positives = np.array([True, False, True, False])
    reviewed = np.array([True, True, False, False])
    found = after_epochs(None, reviewed, positives, Training(reviewed_positive=6))
    assert found.tolist() == [6, 1, 1, 1]
