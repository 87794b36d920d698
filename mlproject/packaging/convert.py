"""From a training folder to a model folder: ONNX, tokenizer, manifest, checked."""

import hashlib
import json
import logging
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlproject.dataset.read import Dataset
from mlproject.errors import InputError
from mlproject.packaging import graph, parity
from mlproject.packaging.manifest import FORMAT, MODEL, NAME, TOKENIZER, Manifest, read, sha256
from mlproject.serving.predictor import Predictor
from mlproject.task import Task
from mlproject.training.folder import load
from mlproject.training.record import Record
from mlproject.training.record import read as read_record

log = logging.getLogger(__name__)

SOURCES = ("model.safetensors", "config.json", TOKENIZER, "training.json")


def convert(task: Task, training: Path, dataset: Dataset, models: Path, threads: int) -> Path:
    """Write ``models/SHA`` and return it; done before, it is only looked up.

    Raises:
        InputError: a folder is not what it should be, or the ONNX file fails parity.
    """
    record = _record(task, training)
    cleaning = dataset.manifest.settings.get("dataset", {}).get("cleaning")
    source = _source_sha256(task, training, cleaning)
    done = _converted(models, source)
    if done is not None:
        log.info("model %s was converted before", done.name)
        return done
    rows = parity.evaluation_texts(dataset)
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".partial-") as partial:
        folder = Path(partial) / "model"
        folder.mkdir()
        manifest = _write(folder, task, training, record, source, cleaning, rows, threads)
        target = models / manifest.model_sha256
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    log.info("model %s: differs from PyTorch by %.1e", target.name, manifest.parity.max_difference)
    return target


def _write(
    folder: Path,
    task: Task,
    training: Path,
    record: Record,
    source: str,
    cleaning: dict[str, Any] | None,
    rows: list[tuple[str, str]],
    threads: int,
) -> Manifest:
    shutil.copyfile(training / TOKENIZER, folder / TOKENIZER)
    facts: dict[str, Any] = {
        "format": FORMAT,
        "task": task.name,
        "labels": list(task.labels),
        "positive": task.positive,
        "cleaning": cleaning,
        "max_length": record.max_length,
        "threshold": record.threshold,
        "temperature": record.temperature,
        "dataset_id": record.dataset_id,
        "run_id": record.run_id,
    }
    tokenizer_sha256 = sha256(folder / TOKENIZER)
    metadata = {name: json.dumps(value, ensure_ascii=False) for name, value in facts.items()}
    trained = load(training)
    graph.write(trained.model, folder / MODEL, metadata | {"tokenizer_sha256": tokenizer_sha256})
    expected = parity.reference(trained, [text for _, text in rows])
    predictor = Predictor.of_files(folder, record.max_length, threads)
    model_sha256 = sha256(folder / MODEL)
    manifest = Manifest.model_validate(
        facts
        | {
            "base_model": record.base_model,
            "files": {MODEL: model_sha256, TOKENIZER: tokenizer_sha256},
            "model_sha256": model_sha256,
            "source_sha256": source,
            "parity": parity.check(predictor, rows, expected, record.dataset_id),
            "created": datetime.now(UTC),
        }
    )
    (folder / NAME).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def _record(task: Task, training: Path) -> Record:
    record = read_record(training)
    for name in SOURCES:
        if not (training / name).is_file():
            raise InputError(f"training {training}: no {name}; give a folder that train finished")
    if record.labels != task.labels:
        raise InputError(
            f"training {training}: its labels {list(record.labels)} are not {list(task.labels)} "
            f"of task {task.name}"
        )
    return record


def _source_sha256(task: Task, training: Path, cleaning: dict[str, Any] | None) -> str:
    hashes = [f"{name} {sha256(training / name)}" for name in SOURCES]
    prepared = json.dumps(cleaning, sort_keys=True)
    facts = "\n".join([str(FORMAT), task.name, str(task.positive), prepared, *hashes])
    return hashlib.sha256(facts.encode()).hexdigest()


def _converted(models: Path, source: str) -> Path | None:
    """The folder that was made of the same training, if its files are still whole."""
    for path in sorted(models.glob(f"*/{NAME}")):
        try:
            if json.loads(path.read_bytes()).get("source_sha256") == source:
                read(path.parent)
                return path.parent
        except (ValueError, InputError):
            log.warning("model %s is damaged and left aside", path.parent.name)
    return None
