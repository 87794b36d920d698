import numpy as np
import pytest
from scipy.special import softmax

from mlproject.evaluation.calibration import (
    best_threshold,
    expected_calibration_error,
    temperature,
)
from mlproject.evaluation.metrics import compute

LABELS = np.array([1, 0, 1, 0, 0])


def both(positive: list[float]) -> np.ndarray:
    values = np.array(positive, dtype=np.float32)
    return np.stack([1 - values, values], axis=1)


def drawn(rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits (rows, 3), and labels drawn from their softmax: calibrated as they are."""
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2, (rows, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (generator.random(rows)[:, None] > shares.cumsum(axis=1)).sum(axis=1)
    return logits, labels


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_a_factor(factor: float) -> None:
    logits, labels = drawn()
    assert temperature(logits * factor, labels) == pytest.approx(factor, rel=0.03)


def test_log_probabilities_have_the_temperature_of_their_logits() -> None:
    logits, labels = drawn(2_000)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert temperature(logs, labels) == pytest.approx(temperature(logits, labels), rel=1e-4)


def test_a_flawless_model_keeps_a_finite_temperature() -> None:
    assert 0.05 <= temperature(np.array([[4.0, 0.0], [0.0, 4.0]]), np.array([0, 1])) < 0.2


def test_nothing_to_choose_from_leaves_the_temperature() -> None:
    assert temperature(np.zeros((3, 2)), np.array([0, 1, 1])) == 1.0
    assert temperature(np.empty((0, 2)), np.array([], dtype=np.int64)) == 1.0


def test_a_row_counts_as_its_weight_says() -> None:
    logits, labels = drawn(200)
    weights = np.arange(200) % 3
    again = np.repeat(np.arange(200), weights)
    found = temperature(logits, labels, weights)
    assert found == pytest.approx(temperature(logits[again], labels[again]), rel=1e-3)


def test_the_threshold_of_the_best_f1_lies_between_two_probabilities() -> None:
    # F1 after each row: 2/3, 1/2, 4/5, 2/3, 4/7
    chosen = best_threshold(LABELS, both([0.9, 0.8, 0.7, 0.3, 0.1]), 1)
    assert chosen == pytest.approx(0.5)


def test_one_row_far_out_does_not_draw_the_threshold_to_it() -> None:
    # The best F1 of these very rows is at 0.02, where the last positive one is: at 0.5 it is 0.978.
    high, low = [0.9] * 22 + [0.02], [0.015] * 200
    labels = np.array([1] * 23 + [0] * 200)
    assert 0.02 < best_threshold(labels, both(high + low), 1) < 0.9


def test_a_threshold_of_few_rows_is_near_that_of_many() -> None:
    generator = np.random.default_rng(2)

    def sample(rows: int) -> tuple[np.ndarray, np.ndarray]:
        odds = generator.normal(-2, 1.5, rows)
        labels = (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64)
        return labels, both(list(1 / (1 + np.exp(-odds))))

    labels, probabilities = sample(50_000)
    best = best_threshold(labels, probabilities, 1)
    found = [best_threshold(*sample(200), 1) for _ in range(40)]
    assert np.std(found) < 0.05
    assert np.mean(found) == pytest.approx(best, abs=0.03)


def test_between_rows_that_are_far_apart_the_threshold_is_in_the_middle() -> None:
    assert best_threshold(np.array([1, 0]), both([1.0, 0.0]), 1) == pytest.approx(0.5)


def test_the_lowest_threshold_that_reaches_a_precision() -> None:
    probabilities = both([0.9, 0.8, 0.7, 0.3, 0.1])
    assert best_threshold(LABELS, probabilities, 1, precision=0.6) == pytest.approx(0.5)
    assert best_threshold(LABELS, probabilities, 1, precision=0.9) == pytest.approx(0.85)


def test_a_precision_out_of_reach_gives_the_highest_there_is() -> None:
    labels, probabilities = np.array([0, 1, 0, 0]), both([0.9, 0.8, 0.7, 0.3])
    assert best_threshold(labels, probabilities, 1, precision=0.9) == pytest.approx(0.75)


def test_equal_probabilities_stay_together() -> None:
    labels, probabilities = np.array([1, 0, 1]), both([0.7, 0.7, 0.2])
    chosen = best_threshold(labels, probabilities, 1, precision=0.6)
    assert chosen < 0.2
    assert compute(labels, probabilities, 1, chosen)["precision"] == pytest.approx(2 / 3)


def test_neighbours_in_single_precision_are_told_apart() -> None:
    high = np.float32(0.6)
    probabilities = both([float(high), float(np.nextafter(high, np.float32(0)))])
    chosen = best_threshold(np.array([1, 0]), probabilities, 1, precision=0.9)
    assert (probabilities[:, 1] >= np.float32(chosen)).tolist() == [True, False]


def test_without_a_positive_row_half() -> None:
    assert best_threshold(np.zeros(3, dtype=np.int64), both([0.1, 0.2, 0.9]), 1) == 0.5


def test_calibration_error_by_hand() -> None:
    # One bin holds 0.81 and 0.85, of which one is positive; the other 0.1, which is negative.
    found = expected_calibration_error(np.array([1, 0, 0]), both([0.81, 0.85, 0.1]), 1)
    assert found == pytest.approx((abs(1.66 - 1) + 0.1) / 3)


def test_drawn_labels_are_calibrated_and_sharpened_ones_are_not() -> None:
    logits, labels = drawn()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert expected_calibration_error(labels, shares) < 0.02
    sharp = softmax(logits / 0.3, axis=1)
    assert expected_calibration_error(labels, sharp) > 0.1
    found = temperature(logits / 0.3, labels)
    undone = softmax(logits / 0.3 / found, axis=1)
    assert expected_calibration_error(labels, undone) < 0.02
