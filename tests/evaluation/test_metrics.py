import numpy as np
import pytest

from mlproject.evaluation.metrics import by_label, compute, confusion, decide

LABELS = np.array([1, 1, 0, 0, 0])
POSITIVE = np.array([0.9, 0.3, 0.6, 0.2, 0.1])
PROBABILITIES = np.stack([1 - POSITIVE, POSITIVE], axis=1)


def test_the_positive_label_by_hand() -> None:
    found = compute(LABELS, PROBABILITIES, positive=1)
    assert found == pytest.approx(
        {
            **{"rows": 5, "accuracy": 0.6, "precision": 0.5, "recall": 0.5, "f1": 0.5},
            **{"recall_at_precision_80": 0.5, "calibration_error": 1.7 / 5},
            "average_precision": 0.5 * 1 + 0.5 * 2 / 3,
            **{"true_positives": 1, "false_positives": 1},
            **{"false_negatives": 1, "true_negatives": 2},
        }
    )


def test_a_lower_threshold_finds_more() -> None:
    assert compute(LABELS, PROBABILITIES, 1, threshold=0.3)["recall"] == 1.0


def test_without_a_positive_label_the_mean_over_all() -> None:
    found = compute(LABELS, PROBABILITIES)
    assert found["f1"] == pytest.approx((0.5 + 2 / 3) / 2)
    assert "true_positives" not in found


def test_three_labels() -> None:
    probabilities = np.eye(3)[[0, 1, 2, 2]] * 0.8 + 0.1
    found = compute(np.array([0, 1, 2, 1]), probabilities)
    assert found["accuracy"] == 0.75
    assert found["precision"] == pytest.approx((1 + 1 + 0.5) / 3)


def test_a_positive_label_among_three() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3], [0.2, 0.3, 0.5], [0.1, 0.3, 0.6]])
    assert decide(probabilities, positive=0, threshold=0.2).tolist() == [0, 0, 2]


def test_one_label_only_has_no_average_precision() -> None:
    found = compute(np.array([0, 0]), PROBABILITIES[:2], positive=1)
    assert "average_precision" not in found
    assert found["recall"] == 0.0


def test_no_rows() -> None:
    assert compute(np.array([], dtype=np.int64), np.empty((0, 2)), 1) == {"rows": 0}


def test_recall_at_a_precision_and_calibration_by_hand() -> None:
    found = compute(LABELS, PROBABILITIES, positive=1)
    assert found["recall_at_precision_80"] == 0.5  # 0.9 is right, 0.6 is not
    assert found["calibration_error"] == pytest.approx((0.1 + 0.6 + 0.7 + 0.2 + 0.1) / 5)


def test_weighted_means_without_a_positive_label() -> None:
    found = compute(LABELS, PROBABILITIES)
    assert found["weighted_f1"] == pytest.approx(0.4 * 0.5 + 0.6 * 2 / 3)
    assert found["weighted_recall"] == found["accuracy"]


def test_each_label_and_the_confusion() -> None:
    chosen = decide(PROBABILITIES, positive=1)
    found = by_label(LABELS, chosen, ("no", "yes"))
    assert found["no"] == {
        **{"precision": pytest.approx(2 / 3), "recall": pytest.approx(2 / 3)},
        **{"f1": pytest.approx(2 / 3), "rows": 3},
    }
    assert found["yes"]["rows"] == 2
    assert confusion(LABELS, chosen, 3) == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
