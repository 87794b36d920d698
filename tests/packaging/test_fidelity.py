"""What a candidate must keep: labels, metrics on every slice, the same answer in any batch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mlproject.dataset.read import Example
from mlproject.evaluation import slices
from mlproject.packaging import fidelity
from mlproject.packaging.fidelity import Reference
from mlproject.packaging.options import Conversion
from mlproject.packaging.parity import Probability
from mlproject.serving.predictor import Predictor

ROWS = 400
OPTIONS = Conversion(mixed_texts=16)


def both(positive: np.ndarray) -> Probability:
    return np.stack([1 - positive, positive], axis=1).astype(np.float32)


@pytest.fixture
def exact() -> Probability:
    """Two thirds of the texts are wanted ones, and most of them are found."""
    positive = np.linspace(0.01, 0.99, ROWS)
    return both(positive)


@pytest.fixture
def reference(exact: Probability) -> Reference:
    label = [int(index % 20 == 0) ^ int(row[1] >= 0.5) for index, row in enumerate(exact)]
    examples = [
        Example(f"r{index}", f"问题{index}", label[index], "large" if index % 8 else "small")
        for index in range(ROWS)
    ]
    rows = {row.id: row.text for row in examples}
    return fidelity.of(slices.of({"test": examples}), rows, exact, 1, 0.5)


@pytest.fixture
def predictor(model_folder: Path) -> Predictor:
    return Predictor(model_folder, threads=1)


def reason(
    predictor: Predictor, reference: Reference, found: Probability, exact: Probability
) -> str:
    return fidelity.measure(predictor, reference, found, exact, OPTIONS).reason


def flipped(exact: Probability, rows: Sequence[int]) -> Probability:
    found = exact.copy()
    found[list(rows)] = found[list(rows)][:, ::-1]
    return found


def test_the_same_answers_pass(
    predictor: Predictor, reference: Reference, exact: Probability
) -> None:
    found = fidelity.measure(predictor, reference, exact, exact, OPTIONS)
    assert found.reason == ""
    assert (found.texts, found.agreement, found.max_difference) == (ROWS, 1.0, 0.0)
    assert found.losses["f1"].points == 0
    assert found.mixed_texts == 16


def test_too_many_other_labels_are_named(
    predictor: Predictor, reference: Reference, exact: Probability
) -> None:
    said = reason(predictor, reference, flipped(exact, [1, 2, 3]), exact)
    assert "99.25% of 400 labels are PyTorch's" in said
    assert "r1 (" in said
    assert "问题" not in said


def test_a_loss_is_refused_on_the_slice_where_it_is(
    predictor: Predictor, reference: Reference, exact: Probability
) -> None:
    wrong = [index for index in range(ROWS) if index % 8 == 0 and index % 20 and index > 300][:2]
    said = reason(predictor, reference, flipped(exact, wrong), exact)
    assert said.startswith("f1 on test/source/small loses")


def test_one_text_may_change_on_a_slice_too_small_to_lose_less(
    predictor: Predictor, reference: Reference, exact: Probability
) -> None:
    found = flipped(exact, [208])  # the nearest to the threshold that is right
    measured = fidelity.measure(predictor, reference, found, exact, OPTIONS)
    assert measured.losses["f1"].points > OPTIONS.loss
    assert measured.reason == ""
    strict = OPTIONS.model_copy(update={"loss_texts": 0})
    assert "f1 on" in fidelity.measure(predictor, reference, found, exact, strict).reason


def test_probabilities_that_are_no_numbers_are_refused(
    predictor: Predictor, reference: Reference, exact: Probability
) -> None:
    found = exact.copy()
    found[7] = np.nan
    assert reason(predictor, reference, found, exact) == "no probabilities on 1 of 400 texts"


def test_a_label_that_depends_on_the_batch_is_refused(
    model_folder: Path, reference: Reference, exact: Probability
) -> None:
    class Neighbourly(Predictor):
        def run(self, rows: Sequence[Sequence[int]], alone: bool = True) -> Probability:
            return both(np.full(len(rows), 0.4 if len(rows) == 1 else 0.6))

    said = reason(Neighbourly(model_folder, threads=1), reference, exact, exact)
    assert said.startswith("16 of 16 texts have another label in a batch than alone")


@pytest.mark.parametrize("size", [2, 8])
def test_so_is_one_that_depends_on_the_batch_s_size(
    model_folder: Path, reference: Reference, exact: Probability, size: int
) -> None:
    class Counting(Predictor):
        def run(self, rows: Sequence[Sequence[int]], alone: bool = True) -> Probability:
            return both(np.full(len(rows), 0.6 if len(rows) == size else 0.4))

    said = reason(Counting(model_folder, threads=1), reference, exact, exact)
    assert said.startswith("16 of 16 texts have another label in a batch than alone")


def test_so_is_one_that_depends_on_neighbours_of_its_own_length(
    model_folder: Path, reference: Reference, exact: Probability
) -> None:
    """As the service puts texts together: none of them padded."""

    class Even(Predictor):
        def run(self, rows: Sequence[Sequence[int]], alone: bool = True) -> Probability:
            together = len(rows) > 8 and len(set(map(len, rows))) == 1
            return both(np.full(len(rows), 0.6 if together else 0.4))

    said = reason(Even(model_folder, threads=1), reference, exact, exact)
    assert "texts have another label in a batch than alone" in said


def test_the_texts_nearest_to_another_label_are_asked(exact: Probability) -> None:
    for positive in (1, None):
        chosen = fidelity.asked(exact, positive, 0.5, 10).tolist()
        assert set(range(197, 203)) >= set(chosen[:5])
        assert len(set(chosen)) == 10
    assert set(fidelity.asked(exact, 1, 0.5, 999).tolist()) == set(range(ROWS))
