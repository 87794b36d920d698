import numpy as np
import pytest

from mlproject.training import mixture

DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(0, 2, 4_000)
SIGNAL = np.where(LABELS == 1, 1.0, -1.0)


def logits(margin: np.ndarray) -> np.ndarray:
    return np.stack([-margin / 2, margin / 2], axis=1)


def test_a_network_that_is_too_sure_gets_the_temperature_that_makes_it_right() -> None:
    margin = SIGNAL + DRAW.normal(size=4_000)  # log odds of which are twice the margin
    found = mixture.mix(logits(margin * 6), None, LABELS, np.ones(4_000))
    assert found.temperature == pytest.approx(3, rel=0.1)
    assert found.share == 0


def test_two_independent_models_count_alike() -> None:
    one, two = (logits(SIGNAL + DRAW.normal(size=4_000)) for _ in range(2))
    assert mixture.mix(one, two, LABELS, np.ones(4_000)).share == pytest.approx(1, abs=0.15)


def test_both_models_have_equal_say_whatever_the_size_of_their_logits() -> None:
    one, two = (logits(SIGNAL + DRAW.normal(size=4_000)) for _ in range(2))
    assert mixture.mix(one * 6, two, LABELS, np.ones(4_000)).share == pytest.approx(6, rel=0.05)


def test_ngrams_that_order_the_rows_better_have_more_to_say() -> None:
    poor, good = (logits(SIGNAL + noise * DRAW.normal(size=4_000)) for noise in (9, 1))
    equal = mixture.mix(poor, good, LABELS, np.ones(4_000)).share
    assert mixture.mix(poor, good, LABELS, np.ones(4_000), 1).share == 4 * equal
    worse = mixture.mix(good, poor, LABELS, np.ones(4_000)).share
    assert mixture.mix(good, poor, LABELS, np.ones(4_000), 1).share == worse / 2


def test_rows_without_weight_do_not_matter() -> None:
    margin = SIGNAL + DRAW.normal(size=4_000)
    weights = np.r_[np.ones(2_000), np.zeros(2_000)]
    wrong = np.r_[margin[:2_000], -5 * margin[2_000:]]
    whole = mixture.mix(logits(margin), None, LABELS, weights)
    assert mixture.mix(logits(wrong), None, LABELS, weights) == whole


def test_without_a_positive_label_the_threshold_is_a_half() -> None:
    answers = mixture.probabilities(mixture.Mixture(1, 0), logits(SIGNAL), None)
    assert mixture.threshold(answers, LABELS, np.ones(4_000), None, None) == 0.5
