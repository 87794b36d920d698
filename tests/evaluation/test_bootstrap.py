import numpy as np
import pytest

from mlproject.evaluation.bootstrap import Sampled, differences, intervals
from mlproject.evaluation.metrics import compute

COUNTS = ("rows", "true_positives", "false_positives", "false_negatives", "true_negatives")


def drawn(rows: int, labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels (rows,), and probabilities (rows, labels) that know something of them, with ties."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(labels, size=rows)
    scores = generator.normal(size=(rows, labels)) + 1.5 * np.eye(labels)[truth]
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return truth, shares.round(2).astype(np.float32)


@pytest.mark.parametrize(("labels", "positive"), [(2, 1), (2, None), (4, None), (4, 2)])
def test_a_sample_s_metrics_are_those_of_its_rows(labels: int, positive: int | None) -> None:
    truth, shares = drawn(300, labels)
    rows = np.random.default_rng(5).integers(300, size=300)
    counts = np.bincount(rows, minlength=300).astype(np.float32)
    found = Sampled(truth, shares, positive, 0.4).measure(np.stack([counts, np.ones_like(counts)]))
    for place, there in enumerate((rows, np.arange(300))):
        expected = compute(truth[there], shares[there], positive, 0.4)
        sampled = {name: values[place] for name, values in found.items()}
        assert sampled == pytest.approx(
            {name: value for name, value in expected.items() if name not in COUNTS}, abs=1e-6
        )


def test_the_interval_of_a_share_is_the_binomial_one() -> None:
    truth = np.zeros(400, dtype=np.int64)
    shares = np.where(np.arange(400)[:, None] < 300, [0.9, 0.1], [0.2, 0.8])
    low, high = intervals(Sampled(truth, shares, 1, 0.5), 400)["accuracy"]
    error = (0.75 * 0.25 / 400) ** 0.5
    assert low == pytest.approx(0.75 - 1.96 * error, abs=0.01)
    assert high == pytest.approx(0.75 + 1.96 * error, abs=0.01)


def test_the_same_rows_have_the_same_interval() -> None:
    truth, shares = drawn(100, 2)
    one = intervals(Sampled(truth, shares, 1, 0.5), 100, resamples=50)
    assert one == intervals(Sampled(truth, shares, 1, 0.5), 100, resamples=50)
    assert one != intervals(Sampled(truth, shares, 1, 0.5), 100, resamples=50, seed=1)


def test_a_model_does_not_differ_from_itself() -> None:
    truth, shares = drawn(100, 2)
    model = Sampled(truth, shares, 1, 0.5)
    assert set(differences(model, model, 100, resamples=50).values()) == {(0.0, 0.0)}


def test_pairing_leaves_out_what_chance_does_to_both() -> None:
    truth, shares = drawn(500, 2)
    worse = shares.copy()
    worse[:15] = worse[:15, ::-1]
    new, old = Sampled(truth, worse, 1, 0.5), Sampled(truth, shares, 1, 0.5)
    low, high = differences(new, old, 500)["f1"]
    alone = intervals(old, 500)["f1"]
    assert low < 0
    assert high - low < 0.7 * (alone[1] - alone[0])


def test_few_positive_rows_and_none_at_all() -> None:
    truth, shares = drawn(40, 2)
    truth[:] = 0
    assert "average_precision" not in intervals(Sampled(truth, shares, 1, 0.5), 40, resamples=20)
    truth[0] = 1  # some samples do without it
    low, high = intervals(Sampled(truth, shares, 1, 0.5), 40, resamples=200)["average_precision"]
    assert 0 < low <= high <= 1


def test_no_rows_no_interval() -> None:
    nothing = Sampled(np.array([], dtype=np.int64), np.empty((0, 2)), 1, 0.5)
    assert intervals(nothing, 0) == differences(nothing, nothing, 0) == {}
