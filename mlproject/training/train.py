"""Train one classifier: from a data set to a training folder."""

import hashlib
import json
import logging
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from mlproject.dataset.read import Dataset
from mlproject.errors import InputError, StoppedError
from mlproject.task import Task, Training
from mlproject.training import base, cache, checkpoint, device, linear, presets, record, weights
from mlproject.training import folder as folders
from mlproject.training.checkpoint import State
from mlproject.training.finish import finish
from mlproject.training.group import Group, of_environment
from mlproject.training.lock import alone
from mlproject.training.loop import Loop
from mlproject.training.model import Classifier
from mlproject.training.record import Record
from mlproject.training.sample import sample
from mlproject.training.step import Split
from mlproject.training.tracking import LogTracker, Tracker

log = logging.getLogger(__name__)
FORMAT = 5  # counts up when the same inputs would give another network


@dataclass(frozen=True)
class Plan:
    """All that decides what comes out, the device apart."""

    task: Task
    dataset: Dataset
    base_model: str
    values: Training

    def key(self) -> str:
        """Name of the training's folder: the same inputs, the same key."""
        content = [
            *(FORMAT, self.dataset.manifest.dataset_id, self.task.labels, self.task.positive),
            *(base.identity(self.base_model), self.values.model_dump()),
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def plan(task: Task, dataset: Dataset, base_model: str, given: Mapping[str, Any]) -> Plan:
    """Check the data set against the task and settle the values.

    Raises:
        InputError: the labels differ, a split or a label is empty, or a value does not fit.
    """
    if dataset.manifest.labels != task.labels:
        raise InputError(
            f"data set {dataset.folder} has the labels {list(dataset.manifest.labels)}, task "
            f"{task.name} has {list(task.labels)}: export it for this task"
        )
    for split in ("train", "validation"):
        if not dataset.splits.get(split):
            raise InputError(f"data set {dataset.folder} has no texts in split {split!r}")
    found = {example.label for example in dataset.splits["train"]}
    missing = [label for position, label in enumerate(task.labels) if position not in found]
    if missing:
        raise InputError(
            f"data set {dataset.folder}: label {missing[0]!r} has no texts in split 'train'"
        )
    values = presets.resolve(task.training, base_model, given, len(dataset.splits["train"]))
    if values.focal_alpha is not None and len(values.focal_alpha) != len(task.labels):
        raise InputError(
            f"focal_alpha {list(values.focal_alpha)}: give one weight per label, "
            f"{len(task.labels)} of them, or null"
        )
    return Plan(task, dataset, base_model, values)


def train(what: Plan, home: Path, threads: int, tracker: Tracker) -> tuple[Path, Record]:
    """The folder ``home/KEY`` of a finished training, trained now or found, and its record.

    Under ``torchrun`` each of its processes calls this; the first one writes.

    Raises:
        StoppedError: a stop was asked for; the next call goes on.
        TryLaterError: another process trains the same, the tracking server is down, or the disk
            is full.
    """
    folder = home / what.key()
    folder.mkdir(parents=True, exist_ok=True)
    with of_environment() as group, alone(folder) if group.first else nullcontext():
        if group.agree((folder / record.NAME).is_file()):
            result = record.read(folder)
            log.info("training %s is finished: nothing to do", folder)
        else:
            result = _train(what, folder, threads, tracker if group.first else LogTracker(), group)
            if group.first:
                result.write(folder)
                (folder / checkpoint.NAME).unlink(missing_ok=True)
                (folder / "published").unlink(missing_ok=True)
        if group.first:
            result = publish(result, what.dataset, folder, tracker)
        return folder, result


def publish(result: Record, dataset: Dataset, folder: Path, tracker: Tracker) -> Record:
    """Log a finished training; ``published`` holds the run that has all of it."""
    mark = folder / "published"
    if mark.is_file() and tracker.knows(result.run_id):
        return result
    run_id = tracker.finish(result, dataset, folder)
    if run_id != result.run_id:
        result = result.model_copy(update={"run_id": run_id})
        result.write(folder)
    if run_id:
        mark.write_text(run_id + "\n", encoding="utf-8")
    return result


def _train(what: Plan, folder: Path, threads: int, tracker: Tracker, group: Group) -> Record:
    place = device.choose(threads, group)
    torch.manual_seed(what.values.seed)
    model, tokenizer = _network(what, folder, group)
    train, validation = (
        _split(what, name, tokenizer, place, folder.parent.parent / "cache" / "tokens")
        for name in ("train", "validation")
    )
    labels, positive = what.task.labels, what.task.positive
    index = None if positive is None else labels.index(positive)
    path = folder / checkpoint.NAME
    loop = Loop(model, train, validation, what.values, index, len(labels), path, group)
    group.spread(model)
    begun = _record(what, place, loop.state)
    log.info("training %s on %s: %s", folder.name, begun.device, begun.hyperparameters)

    def on_epoch(state: State) -> None:
        state.run_id = tracker.update(_with(begun, state), what.dataset)

    on_epoch(loop.state)
    try:
        state, best = loop.run(on_epoch)
    except BaseException as error:
        tracker.end(loop.state.run_id, "KILLED" if isinstance(error, StoppedError) else "FAILED")
        raise
    if not group.first:
        return _with(begun, state)
    beside = linear.blank(what.values, len(labels), tokenizer, place)
    finished = finish(model, best, train, validation, what.values, index, beside)
    folders.write_weights(folder, finished.weights)
    if beside is not None:
        folders.write_ngrams(folder, beside)
    return _with(begun, state).model_copy(
        update={
            "temperature": finished.temperature,
            "ngram_share": finished.ngram_share,
            "threshold": finished.threshold,
            "calibrated": {name: float(value) for name, value in finished.scores.items()},
        }
    )


def _network(what: Plan, folder: Path, group: Group) -> tuple[Classifier, Tokenizer]:
    """A new network, or the shell of the one whose checkpoint is in the folder."""
    if not group.first:
        group.wait()  # for the files of the first one
        return folders.shell(folder, ngrams=False), folders.tokenizer(folder)
    try:
        if checkpoint.usable(folder / checkpoint.NAME):
            return folders.shell(folder, ngrams=False), folders.tokenizer(folder)
        texts = [example.text for example in what.dataset.splits["train"]]
        values = what.values
        parts = base.load(
            what.base_model, what.task.labels, texts, values.max_length, values.dropout
        )
        folders.write_shell(folder, parts.config, parts.tokenizer)
        return Classifier(parts.config, parts.encoder), parts.tokenizer
    finally:
        group.wait()


def _split(what: Plan, name: str, tokenizer: Tokenizer, place: torch.device, folder: Path) -> Split:
    rows = sample(what.dataset.splits[name], what.values.max_texts, what.values.seed)
    return Split(
        cache.encode([row.text for row in rows], tokenizer, place, folder),
        np.array([row.label for row in rows], dtype=np.int64),
        weights.of_rows(rows, what.values, what.values.reviewed_weight),
        weights.of_rows(rows, what.values, 1.0),
        np.array([row.reviewed for row in rows]),
    )


def _record(what: Plan, place: torch.device, state: State) -> Record:
    return _with(
        Record(
            task=what.task.name,
            labels=what.task.labels,
            positive=what.task.positive,
            dataset_id=what.dataset.manifest.dataset_id,
            base_model=what.base_model,
            hyperparameters=what.values.model_dump(mode="json"),
            max_length=what.values.max_length,
            rows={name: len(rows) for name, rows in what.dataset.splits.items()},
            device=device.name(place),
        ),
        state,
    )


def _with(result: Record, state: State) -> Record:
    return result.model_copy(
        update={
            "run_id": state.run_id,
            "seconds": state.seconds,
            "epochs": tuple(state.epochs),
            "best_epoch": state.best_epoch,
        }
    )
