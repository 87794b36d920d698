"""Which candidate is served."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlproject.dataset.read import load as load_dataset
from mlproject.errors import InputError
from mlproject.evaluation import slices
from mlproject.packaging import candidates, fidelity, parity
from mlproject.packaging.calibrate import Layer
from mlproject.packaging.fidelity import Reference
from mlproject.packaging.int8 import Scales
from mlproject.packaging.options import Conversion
from mlproject.packaging.report import Fidelity, Speed
from mlproject.packaging.trial import Trial, choose
from mlproject.training.folder import Trained, load

QUICK = Conversion(peers=False, timing_seconds=0.01, timed_texts=4)


@pytest.fixture
def trained(training: Path) -> Trained:
    return load(training)


@pytest.fixture
def reference(dataset: Path, trained: Trained) -> Reference:
    splits = parity.sample(load_dataset(dataset), 100)
    rows = {row.id: row.text for examples in splits.values() for row in examples}
    expected = parity.reference(trained, list(rows.values()))
    return fidelity.of(slices.of(splits), rows, expected, 1, 0.5)


def trial(
    trained: Trained, training: Path, reference: Reference, options: Conversion, home: Path
) -> Trial:
    texts = list(reference.texts)
    tokenizer = training / "tokenizer.json"
    return Trial(trained, tokenizer, reference, texts, options, 1, home, {"task": "legal"})


def on_the_threshold(reference: Reference) -> Reference:
    """With texts so near to the threshold that any rounding changes labels."""
    return replace(reference, threshold=float(np.median(reference.expected[:, 1])))


def test_the_fastest_that_passes_is_served_and_all_are_listed(
    trained: Trained, training: Path, reference: Reference, tmp_path: Path
) -> None:
    options = QUICK.model_copy(update={"agreement": 0.0, "loss": 1.0})
    found = trial(trained, training, reference, options, tmp_path).run()
    rows = found.conversion.rows
    assert set(rows) == {"fp32", "int8_dynamic", "int8_static"}
    passing = {name: row for name, row in rows.items() if row.fidelity and not row.fidelity.reason}
    assert found.conversion.served in passing
    times = {name: row.speed.mean_ms for name, row in passing.items() if row.speed}
    assert times[found.conversion.served] <= min(times.values()) * 1.05
    assert found.folder == tmp_path / found.conversion.served


def test_what_does_not_pass_is_not_served_and_says_why(
    trained: Trained, training: Path, reference: Reference, tmp_path: Path
) -> None:
    options = QUICK.model_copy(update={"agreement": 1.0})
    near = on_the_threshold(reference)
    found = trial(trained, training, near, options, tmp_path).run()
    assert found.conversion.served == "fp32"
    row = found.conversion.rows["int8_static"]
    assert row.fidelity is not None
    assert row.fidelity.reason
    assert row.speed is not None
    kept = [name for name in found.conversion.rows if name.endswith("_fp32")]
    assert kept == ["int8_static_3_fp32", "int8_static_6_fp32"]


def test_a_file_that_is_not_pytorchs_ends_the_step(
    trained: Trained, training: Path, reference: Reference, tmp_path: Path
) -> None:
    other = load(training)
    other.model.output.bias.data[0] += 0.1
    with pytest.raises(InputError, match="differs from PyTorch by more than"):
        trial(other, training, reference, QUICK, tmp_path).run()


def test_without_one_that_passes_the_step_ends_and_names_texts(
    trained: Trained, training: Path, reference: Reference, tmp_path: Path
) -> None:
    near = on_the_threshold(reference)
    options = QUICK.model_copy(update={"candidates": ("int8_static",), "agreement": 1.0})
    with pytest.raises(InputError, match="no candidate may be served: int8_static: ") as caught:
        trial(trained, training, near, options, tmp_path).run()
    assert any(name in str(caught.value) for name in reference.ids)


def test_layers_that_lose_most_are_left_in_fp32(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = {f"l{index}": Layer(Scales.between(-1, 1), 12.0 + 2 * index) for index in range(8)}
    monkeypatch.setattr(candidates, "calibrate", lambda *_: layers)
    found = [each.name for each in candidates.of("int8_static", trained.model, list, 1)]
    assert found == ["int8_static_2_fp32", "int8_static_4_fp32"]


def speed(mean_ms: float) -> Speed:
    return Speed(mean_ms=mean_ms, p50_ms=1, p95_ms=1, texts_per_second=1)


def faithful(apart: float) -> Fidelity:
    return Fidelity(
        texts=1,
        agreement=1,
        max_difference=0,
        mixed_texts=1,
        mixed_labels=0,
        mixed_difference=apart,
    )


def test_of_two_about_as_fast_the_one_that_depends_less_on_the_batch_is_served() -> None:
    assert choose({"a": (speed(1.00), faithful(0.1)), "b": (speed(1.04), faithful(0))}) == "b"
    assert choose({"a": (speed(1.00), faithful(0.1)), "b": (speed(1.06), faithful(0))}) == "a"
