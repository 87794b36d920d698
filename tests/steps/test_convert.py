"""The verb ``convert``."""

from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.packaging.manifest import read
from mlproject.settings import Settings
from mlproject.steps.convert import Inputs, run
from tests.model_fixtures import write_dataset, write_training


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with one training and its data set."""
    write_dataset(tmp_path / "datasets" / ("d" * 16))
    write_training(tmp_path / "training" / "a", run_id="r1")
    return Settings(home=tmp_path, threads=1)


def test_the_newest_training_is_converted_by_default(settings: Settings) -> None:
    result = run(Inputs(), settings)
    folder = Path(result["model"])
    assert folder == settings.home / "models" / result["model_sha256"]
    assert result["run_id"] == "r1"
    assert result["parity"]["texts"] == 40
    assert result["parity"]["max_difference"] <= 1e-4
    manifest = read(folder)
    assert (manifest.max_length, manifest.threshold, manifest.temperature) == (48, 0.5, 1.0)
    assert {path.name for path in folder.iterdir()} == {
        *("model.onnx", "tokenizer.json", "manifest.json"),
    }


def test_a_second_call_writes_nothing(settings: Settings) -> None:
    first = run(Inputs(), settings)
    path = Path(first["model"]) / "manifest.json"
    before = path.stat().st_mtime_ns
    assert run(Inputs(), settings) == first
    assert path.stat().st_mtime_ns == before


def test_a_damaged_folder_is_made_again(settings: Settings) -> None:
    first = run(Inputs(), settings)
    (Path(first["model"]) / "model.onnx").write_bytes(b"")
    assert run(Inputs(), settings) == first
    assert read(Path(first["model"])).model_sha256 == first["model_sha256"]


def test_another_run_is_another_model(settings: Settings) -> None:
    first = run(Inputs(), settings)
    write_training(settings.home / "training" / "b", run_id="r2")
    second = run(Inputs(training=settings.home / "training" / "b"), settings)
    assert second["model_sha256"] != first["model_sha256"]


def test_a_folder_that_is_no_training_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"training\.json"):
        run(Inputs(training=tmp_path / "nothing"), settings)


def test_a_training_without_weights_is_refused(settings: Settings) -> None:
    (settings.home / "training" / "a" / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors"):
        run(Inputs(), settings)


def test_without_any_training_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run the step train"):
        run(Inputs(), Settings(home=tmp_path))


def test_labels_in_another_order_are_refused(settings: Settings) -> None:
    folder = write_training(settings.home / "training" / "b", labels=("consultation", "other"))
    with pytest.raises(InputError, match="labels"):
        run(Inputs(training=folder), settings)
