"""Train one classifier: from a data set to a training folder."""

import logging
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from mlproject.dataset.read import Dataset
from mlproject.training import begun, cache, checkpoint, device, linear, record, start, weights
from mlproject.training import folder as folders
from mlproject.training.checkpoint import State
from mlproject.training.finish import finish
from mlproject.training.group import Group, of_environment
from mlproject.training.lock import alone
from mlproject.training.loop import Loop
from mlproject.training.plan import Plan
from mlproject.training.record import Record
from mlproject.training.sample import sample
from mlproject.training.step import Split
from mlproject.training.tracking import LogTracker, Tracker, ended

log = logging.getLogger(__name__)


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
    with of_environment() as group, ExitStack() as held:
        group.first_does(lambda: held.enter_context(alone(folder)))
        if group.agree((folder / record.NAME).is_file()):
            result = record.read(folder)
            log.info("training %s is finished: nothing to do", folder)
        elif group.first:
            with ended(tracker, lambda: begun.read(folder)):
                result = _train(what, folder, threads, tracker, group)
                result.write(folder)
            (folder / checkpoint.NAME).unlink(missing_ok=True)
            (folder / "published").unlink(missing_ok=True)
        else:
            result = _train(what, folder, threads, LogTracker(), group)
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
    begun.forget(folder)
    return result


def _train(what: Plan, folder: Path, threads: int, tracker: Tracker, group: Group) -> Record:
    place = device.choose(threads, group)
    empty = start.pretrained(what, _record(what, place, folder), folder, place, tracker, group)
    torch.manual_seed(what.values.seed)
    model, tokenizer = start.network(what, empty, folder, group)
    train, validation = (
        _split(what, name, tokenizer, place, folder.parent.parent / "cache" / "tokens")
        for name in ("train", "validation")
    )
    if group.first:
        weights.warn_of_missing(what.dataset.splits["train"], what.values)
    labels, positive = what.task.labels, what.task.positive
    index = None if positive is None else labels.index(positive)
    path = folder / checkpoint.NAME
    loop = Loop(model, train, validation, what.values, index, len(labels), path, group)
    loop.state.run_id = loop.state.run_id or empty.run_id
    group.spread(model)
    log.info("training %s on %s: %s", folder.name, empty.device, empty.hyperparameters)

    def on_epoch(state: State) -> None:
        state.run_id = tracker.update(_with(empty, state), what.dataset)
        if group.first:
            begun.keep(folder, state.run_id)

    on_epoch(loop.state)
    state, best = loop.run(on_epoch)
    result = _with(empty, state)
    if not group.first:
        return result
    beside = linear.blank(what.values, len(labels), tokenizer, place)
    finished = finish(model, best, train, validation, what.values, index, beside)
    folders.write_weights(folder, finished.weights)
    if beside is not None:
        folders.write_ngrams(folder, beside)
    return result.model_copy(update=finished.record())


def _split(what: Plan, name: str, tokenizer: Tokenizer, place: torch.device, folder: Path) -> Split:
    rows = sample(what.dataset.splits[name], what.values.max_texts, what.values.seed)
    return Split(
        cache.encode([row.text for row in rows], tokenizer, place, folder),
        np.array([row.label for row in rows], dtype=np.int64),
        weights.of_rows(rows, what.values, what.values.reviewed_weight),
        weights.of_rows(rows, what.values, 1.0),
        np.array([row.reviewed for row in rows]),
    )


def _record(what: Plan, place: torch.device, folder: Path) -> Record:
    unused = set() if what.pretraining else {"pretraining"}
    return Record(
        task=what.task.name,
        labels=what.task.labels,
        positive=what.task.positive,
        dataset_id=what.dataset.manifest.dataset_id,
        run_id=begun.read(folder),
        base_model=what.origin.name,
        hyperparameters=what.values.model_dump(mode="json", exclude=unused),
        max_length=what.values.max_length,
        rows={name: len(rows) for name, rows in what.dataset.splits.items()},
        device=device.name(place),
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
