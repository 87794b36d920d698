"""From a training folder to a model folder: ONNX, tokenizer, manifest, checked."""

import hashlib
import json
import logging
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnxruntime
import torch

from mlproject.dataset.read import Dataset
from mlproject.errors import InputError
from mlproject.evaluation import slices
from mlproject.packaging import fidelity, parity, processor
from mlproject.packaging.fidelity import Reference
from mlproject.packaging.manifest import FORMAT, MODEL, NAME, TOKENIZER, Manifest, read, sha256
from mlproject.packaging.report import table
from mlproject.packaging.trial import Outcome, Trial
from mlproject.serving.capacity import cores
from mlproject.task import Task
from mlproject.training.folder import Trained, load
from mlproject.training.record import Record
from mlproject.training.record import read as read_record

log = logging.getLogger(__name__)

CODE = 3  # counts up when the same training would give another file or another verdict
SOURCES = ("model.safetensors", "config.json", TOKENIZER, "training.json")


def convert(task: Task, training: Path, dataset: Dataset, models: Path, threads: int) -> Path:
    """Write ``models/SHA`` and return it; done before, it is only looked up.

    Raises:
        InputError: a folder is not what it should be, or no ONNX file keeps PyTorch's answers.
    """
    record = _record(task, training)
    source = _source_sha256(task, training, dataset)
    done = _converted(models, source)
    if done is not None:
        log.info("model %s was converted before", done.name)
        return done
    facts: dict[str, Any] = {
        "format": FORMAT,
        "task": task.name,
        "labels": list(task.labels),
        "positive": task.positive,
        "cleaning": _cleaning(dataset),
        "max_length": record.max_length,
        "threshold": record.threshold,
        "temperature": record.temperature,
        "dataset_id": record.dataset_id,
        "run_id": record.run_id,
    }
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".partial-") as partial:
        outcome = _tried(task, training, dataset, threads, Path(partial), facts)
        manifest = _manifest(facts, record, source, outcome)
        written = manifest.model_dump_json(indent=2) + "\n"
        (outcome.folder / NAME).write_text(written, encoding="utf-8")
        target = models / manifest.model_sha256
        shutil.rmtree(target, ignore_errors=True)
        outcome.folder.rename(target)
    log.info("model %s: fp32 is within %.1e of PyTorch", target.name, outcome.parity.max_difference)
    log.info("candidates on %d texts\n%s", outcome.parity.texts, table(outcome.conversion))
    return target


def _tried(
    task: Task, training: Path, dataset: Dataset, threads: int, home: Path, facts: dict[str, Any]
) -> Outcome:
    torch.set_num_threads(threads or cores())
    trained = load(training)
    options = task.conversion
    learnt = parity.first(dataset.splits.get("train", ()), options.calibration_texts)
    metadata = {name: json.dumps(value, ensure_ascii=False) for name, value in facts.items()}
    return Trial(
        trained,
        training / TOKENIZER,
        _reference(task, trained, dataset),
        [row.text for row in learnt],
        options,
        threads,
        home,
        metadata | {"tokenizer_sha256": sha256(training / TOKENIZER)},
    ).run()


def _reference(task: Task, trained: Trained, dataset: Dataset) -> Reference:
    splits = parity.sample(dataset, task.conversion.texts)
    rows = {row.id: row.text for examples in splits.values() for row in examples}
    positive = None if task.positive is None else task.labels.index(task.positive)
    return fidelity.of(
        slices.of(splits, task.evaluation.titles, task.evaluation.openers),
        rows,
        parity.reference(trained, list(rows.values())),
        positive,
        trained.record.threshold,
        dataset.manifest.dataset_id,
    )


def _manifest(facts: dict[str, Any], record: Record, source: str, outcome: Outcome) -> Manifest:
    files = {name: sha256(outcome.folder / name) for name in (MODEL, TOKENIZER)}
    return Manifest.model_validate(
        facts
        | {
            "base_model": record.base_model,
            "files": files,
            "model_sha256": files[MODEL],
            "source_sha256": source,
            "parity": outcome.parity,
            "conversion": outcome.conversion,
            "created": datetime.now(UTC),
        }
    )


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


def _source_sha256(task: Task, training: Path, dataset: Dataset) -> str:
    """Of all that decides what comes out: also what runs it here, and on what it is judged."""
    facts = {
        "format": [FORMAT, CODE],
        "task": [task.name, task.positive],
        "files": {name: sha256(training / name) for name in SOURCES},
        "dataset": dataset.manifest.dataset_id,
        "cleaning": _cleaning(dataset),
        "slices": [task.evaluation.titles, task.evaluation.openers],
        "options": task.conversion.model_dump(),
        "machine": [processor.name(), onnxruntime.__version__],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _cleaning(dataset: Dataset) -> dict[str, Any] | None:
    found: dict[str, Any] | None = dataset.manifest.settings.get("dataset", {}).get("cleaning")
    return found


def _converted(models: Path, source: str) -> Path | None:
    """The folder that was made of the same, if its files are still whole."""
    for path in sorted(models.glob(f"*/{NAME}")):
        try:
            if json.loads(path.read_bytes()).get("source_sha256") == source:
                read(path.parent)
                return path.parent
        except (ValueError, InputError):
            log.warning("model %s is damaged and left aside", path.parent.name)
    return None
