"""The verb ``convert``."""

import json
from pathlib import Path

import onnx
import pytest
import yaml
from mlflow import MlflowClient

from mlproject.errors import InputError
from mlproject.packaging.manifest import read, sha256
from mlproject.settings import Settings
from mlproject.steps.convert import Inputs, run
from mlproject.task import FOLDER
from tests.model_fixtures import MlflowServer, write_dataset, write_training

FACTS = ("model", "model_sha256", "parity", "run_id", "served")  # without what is timed


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
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_every_candidate_is_in_result_and_manifest(settings: Settings) -> None:
    result = run(Inputs(), settings)
    conversion = read(Path(result["model"])).conversion
    assert conversion is not None
    assert result["served"] == conversion.served
    names = {"fp32", "int8_dynamic", "int8_static", "pytorch", "openvino_bf16", "openvino_int8"}
    assert names <= set(result["candidates"]) == set(conversion.rows)
    assert result["candidates"]["fp32"]["fidelity"]["reason"] == ""
    assert result["candidates"][conversion.served]["fidelity"]["reason"] == ""
    json.dumps(result)


def test_the_file_says_which_candidate_it_is(settings: Settings) -> None:
    result = run(Inputs(), settings)
    properties = onnx.load(str(Path(result["model"]) / "model.onnx")).metadata_props
    found = {item.key: item.value for item in properties}
    assert found["candidate"] == result["served"]
    assert json.loads(found["labels"]) == ["other", "consultation"]
    assert (found["max_length"], found["threshold"], found["temperature"]) == ("48", "0.5", "1.0")
    assert found["tokenizer_sha256"] == sha256(Path(result["model"]) / "tokenizer.json")


def test_the_table_and_its_figures_are_in_the_run(
    settings: Settings, tracking: MlflowServer
) -> None:
    run_id = tracking.run()
    write_training(settings.home / "training" / "b", run_id=run_id)
    result = run(Inputs(training=settings.home / "training" / "b"), settings)
    client = MlflowClient(tracking.url)
    logged = {item.path for item in client.list_artifacts(run_id, "conversion")}
    assert logged == {"conversion/conversion.json", "conversion/conversion.txt"}
    found = client.get_run(run_id).data
    assert found.tags["served_as"] == result["served"]
    assert found.metrics["convert.fp32.mean_ms"] > 0


def test_other_settings_are_another_model(settings: Settings, tmp_path: Path) -> None:
    first = run(Inputs(), settings)
    values = yaml.safe_load((FOLDER / "legal.yaml").read_text(encoding="utf-8"))
    values["conversion"] = {"candidates": ["int8_static"], "agreement": 0, "loss": 1}
    values["conversion"]["peers"] = False
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    second = run(Inputs(task=str(tmp_path / "own.yaml")), settings)
    assert second["served"] == "int8_static"
    assert set(second["candidates"]) == {"fp32", "int8_static"}
    assert second["model"] != first["model"]


def test_a_second_call_writes_nothing(settings: Settings) -> None:
    first = run(Inputs(), settings)
    path = Path(first["model"]) / "manifest.json"
    before = path.stat().st_mtime_ns
    assert run(Inputs(), settings) == first
    assert path.stat().st_mtime_ns == before


def test_the_report_names_the_texts_that_were_compared(settings: Settings) -> None:
    write_dataset(settings.home / "datasets" / "other", rows=30)
    result = run(Inputs(dataset="other"), settings)
    assert result["parity"]["dataset_id"] == "other"
    assert read(Path(result["model"])).dataset_id == "d" * 16
    assert (result["parity"]["texts"], result["parity"]["asked"]) == (30, 2_000)
    assert "data set other hold no more" in result["parity"]["note"]


def test_another_data_set_is_judged_anew(settings: Settings) -> None:
    run(Inputs(), settings)
    write_dataset(settings.home / "datasets" / "other", rows=30)
    assert run(Inputs(dataset="other"), settings)["parity"]["dataset_id"] == "other"


@pytest.mark.parametrize("changed", ["processor.name", "onnxruntime.__version__"])
def test_what_was_found_elsewhere_is_not_taken_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    first = run(Inputs(), settings)
    value = "another" if changed.endswith("version__") else lambda: "another"
    monkeypatch.setattr(f"mlproject.packaging.convert.{changed}", value)
    before = {path.stat().st_mtime_ns for path in settings.home.glob("models/*/manifest.json")}
    second = run(Inputs(), settings)
    assert (Path(second["model"]) / "manifest.json").stat().st_mtime_ns not in before
    assert read(Path(first["model"])).model_sha256 == first["model_sha256"]


def test_a_damaged_folder_is_made_again(settings: Settings) -> None:
    first = run(Inputs(), settings)
    (Path(first["model"]) / "model.onnx").write_bytes(b"")
    again = run(Inputs(), settings)
    if again["served"] == first["served"]:
        assert {name: again[name] for name in FACTS} == {name: first[name] for name in FACTS}
    assert read(Path(again["model"])).model_sha256 == again["model_sha256"]


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
