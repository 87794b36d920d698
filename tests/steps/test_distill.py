"""The verb ``distill``, and ``convert`` of a task that asks to serve a student."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlproject.errors import InputError
from mlproject.packaging.manifest import read as read_model
from mlproject.settings import Settings
from mlproject.steps import convert
from mlproject.steps.distill import Inputs, run
from mlproject.task import FOLDER
from mlproject.training.folder import load
from mlproject.training.record import read
from tests.model_fixtures import write_dataset, write_training

QUICK = {"layers": 1, "epochs": 1, "learning_rate": 1e-4}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with one training of two layers and its data set."""
    write_dataset(tmp_path / "datasets" / ("d" * 16))
    write_training(tmp_path / "training" / "teacher")
    return Settings(home=tmp_path, threads=1)


def own_task(folder: Path, **distillation: Any) -> str:
    values = yaml.safe_load((FOLDER / "legal.yaml").read_text(encoding="utf-8"))
    values["distillation"] = QUICK | distillation
    values["conversion"] = {"candidates": ["fp32"], "peers": False, "timing_seconds": 0.01}
    (folder / "own.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return str(folder / "own.yaml")


def test_a_student_is_a_training_of_fewer_layers(settings: Settings) -> None:
    result = run(Inputs(**QUICK), settings)
    folder = Path(result["training"])
    record, network = read(folder), load(folder)
    assert network.model.config.num_hidden_layers == 1
    assert record.base_model == "tiny-distilled-1"
    assert (record.max_length, record.dataset_id) == (48, "d" * 16)
    assert len(record.epochs) == 1
    assert record.hyperparameters["distillation.layers"] == 1
    assert result["texts"] == 40
    assert set(result["losses"]) == {"test", "in_domain"}
    assert set(result["losses"]["test"]) == {"f1", "average_precision"}
    assert result["passed"] == (not result["reason"])
    assert not (folder / "checkpoint.safetensors").exists()
    json.dumps(result)


def test_ngrams_are_those_that_the_teachers_values_ask_for(settings: Settings) -> None:
    teacher = settings.home / "training" / "teacher"
    read(teacher).model_copy(update={"hyperparameters": {"ngrams": [1]}}).write(teacher)
    folder = Path(run(Inputs(**QUICK), settings)["training"])
    ngrams = load(folder).model.ngrams
    assert ngrams is not None
    assert ngrams.sizes == {"tokens": (1,)}


def test_texts_under_no_label_are_learnt_from(settings: Settings) -> None:
    folder = settings.home / "datasets" / ("d" * 16)
    lines = "".join(json.dumps({"id": f"u{n}", "text": f"无标签{n}"}) + "\n" for n in range(5))
    (folder / "unlabelled.jsonl").write_text(lines, encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    manifest["unlabelled"] = {"sha256": digest, "rows": 5}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert run(Inputs(**QUICK), settings)["texts"] == 45
    assert run(Inputs(**QUICK, max_unlabelled=2), settings)["texts"] == 42


def test_a_second_call_only_looks(settings: Settings) -> None:
    first = run(Inputs(**QUICK), settings)
    weights = Path(first["training"]) / "model.safetensors"
    before = weights.stat().st_mtime_ns
    assert run(Inputs(**QUICK), settings) == first
    assert weights.stat().st_mtime_ns == before


def test_as_many_layers_as_the_teacher_are_refused(settings: Settings) -> None:
    with pytest.raises(InputError, match="the teacher has 2, give fewer"):
        run(Inputs(layers=2), settings)


@pytest.mark.parametrize("given", [{"layers": 0}, {"colour": "red"}])
def test_a_value_that_does_not_fit_is_one_line(settings: Settings, given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^distill: "):
        run(Inputs(**given), settings)


def test_a_student_that_loses_no_more_than_it_may_is_converted(
    settings: Settings, tmp_path: Path
) -> None:
    result = convert.run(convert.Inputs(task=own_task(tmp_path, loss=1.0)), settings)
    assert result["student"]["passed"]
    assert read_model(Path(result["model"])).base_model == "tiny-distilled-1"


def test_one_that_loses_more_is_not(settings: Settings, tmp_path: Path) -> None:
    task = own_task(tmp_path)
    student = Path(run(Inputs(task=task), settings)["training"])
    report = json.loads((student / "distillation.json").read_text(encoding="utf-8"))
    report["losses"]["test"]["f1"] = 0.02
    (student / "distillation.json").write_text(json.dumps(report), encoding="utf-8")
    result = convert.run(convert.Inputs(task=task), settings)
    assert not result["student"]["passed"]
    assert "loses 2.00 points of f1 on test, at most 1 may go" in result["student"]["reason"]
    assert read_model(Path(result["model"])).base_model == "tiny"


def test_a_student_that_nothing_was_compared_on_is_not_served(
    settings: Settings, tmp_path: Path
) -> None:
    only = ("train", "train", "validation")
    write_dataset(tmp_path / "datasets" / "two-splits", splits=only)
    task = own_task(tmp_path, loss=1.0)
    result = convert.run(convert.Inputs(task=task, dataset="two-splits"), settings)
    assert not result["student"]["passed"]
    assert "no texts in test or in_domain" in result["student"]["reason"]
    assert read_model(Path(result["model"])).base_model == "tiny"


def test_one_whose_file_loses_more_is_not_served(settings: Settings, tmp_path: Path) -> None:
    task = own_task(tmp_path, loss=0.1)
    student = Path(run(Inputs(task=task), settings)["training"])
    report = json.loads((student / "distillation.json").read_text(encoding="utf-8"))
    for split, values in report["metrics"].items():
        report["losses"][split] = {"f1": 0.05, "average_precision": 0.05}
        values |= {"f1": 1.5}  # so that the teacher had 1.55, which the student's file has not
    (student / "distillation.json").write_text(json.dumps(report), encoding="utf-8")
    result = convert.run(convert.Inputs(task=task), settings)
    assert not result["student"]["passed"]
    assert result["student"]["reason"].startswith("as fp32, the student loses ")
    assert result["student"]["losses"]["test"]["f1"] > 0.5
    assert read_model(Path(result["model"])).base_model == "tiny"
    assert convert.run(convert.Inputs(task=task), settings) == result


def test_the_losses_of_a_student_are_those_of_its_file(settings: Settings, tmp_path: Path) -> None:
    task = own_task(tmp_path, loss=1.0)
    network = run(Inputs(task=task), settings)["losses"]
    served = convert.run(convert.Inputs(task=task), settings)["student"]["losses"]
    assert served.keys() == network.keys()
    for split, values in network.items():
        assert served[split] == pytest.approx(values, abs=1e-3)


def test_one_that_is_not_asked_for_is_not_taught(settings: Settings, tmp_path: Path) -> None:
    result = convert.run(convert.Inputs(task=own_task(tmp_path, serve=False)), settings)
    assert "student" not in result
    assert not (settings.home / "students").exists()


def test_a_student_is_converted_as_it_is(settings: Settings, tmp_path: Path) -> None:
    folder = Path(run(Inputs(**QUICK), settings)["training"])
    task = own_task(tmp_path)
    result = convert.run(convert.Inputs(task=task, training=folder), settings)
    assert "student" not in result
    assert read_model(Path(result["model"])).base_model == "tiny-distilled-1"
