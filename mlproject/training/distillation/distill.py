"""Teach a student: from one training folder to another."""

import logging
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from mlproject.dataset.read import Example
from mlproject.task import Training
from mlproject.training import begun as runs
from mlproject.training import cache, checkpoint, device, linear, record, weights
from mlproject.training import folder as folders
from mlproject.training.checkpoint import State
from mlproject.training.distillation import report as reports
from mlproject.training.distillation.plan import Plan, begun
from mlproject.training.distillation.report import Report, compare
from mlproject.training.distillation.soft import SoftLoss, targets
from mlproject.training.distillation.student import student
from mlproject.training.finish import finish
from mlproject.training.lock import alone
from mlproject.training.loop import Loop
from mlproject.training.model import Classifier
from mlproject.training.ngrams import Ngrams
from mlproject.training.record import Record
from mlproject.training.step import Split
from mlproject.training.tokens import prepare
from mlproject.training.tracking import Tracker, ended
from mlproject.training.train import publish

log = logging.getLogger(__name__)


def distill(what: Plan, home: Path, threads: int, tracker: Tracker) -> tuple[Path, Record, Report]:
    """The folder ``home/KEY`` of a student, taught now or found, its record and its report.

    It is a training folder as ``train`` writes it, with ``distillation.json`` beside.

    Raises:
        InputError: the teacher has no more layers than the student would.
        StoppedError: a stop was asked for; the next call goes on.
        TryLaterError: another process teaches the same, or the tracking server is down.
    """
    folder = home / what.key()
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        found = reports.read(folder)
        if found is None:
            with ended(tracker, lambda: runs.read(folder)):
                found = _teach(what, folder, threads, tracker)
                reports.write(folder, found)
            (folder / checkpoint.NAME).unlink(missing_ok=True)
        else:
            log.info("student %s is finished: nothing to do", folder)
        result = publish(record.read(folder), what.dataset, folder, tracker)
        return folder, result, found


def _teach(what: Plan, folder: Path, threads: int, tracker: Tracker) -> Report:
    place, values, teacher = device.choose(threads), what.values, what.teacher
    torch.manual_seed(values.seed)
    model = student(teacher.model, what.options.layers)
    folders.write_shell(folder, model.config, teacher.tokenizer)
    tokenizer = prepare(teacher.tokenizer, values.max_length)
    tokens = folder.parent.parent / "cache" / "tokens"
    texts = what.texts()
    lesson = cache.encode(texts, tokenizer, place, tokens)
    wanted = targets(teacher.model.to(place), lesson, values.precision)
    splits = what.dataset.splits
    train, validation = (
        _split(splits[name], values, tokenizer, place, tokens) for name in ("train", "validation")
    )
    log.info("student %s: %d texts, on %s", folder.name, len(texts), device.name(place))
    beside = linear.blank(values, len(what.task.labels), tokenizer, place)
    lessons = Split(lesson, wanted)
    result = _learn(what, model, beside, lessons, train, validation, folder, tracker)
    result.write(folder)
    trained = folders.load(folder)
    trained.model.to(place)
    return compare(what, trained, len(texts))


def _learn(
    what: Plan,
    model: Classifier,
    beside: Ngrams | None,
    lesson: Split,
    train: Split,
    validation: Split,
    folder: Path,
    tracker: Tracker,
) -> Record:
    """Write the student's weights; its record. ``lesson`` has logits in the place of labels."""
    values, labels = what.values, len(what.task.labels)
    path = folder / checkpoint.NAME
    checkpoint.usable(path)  # a damaged one is removed
    loop = Loop(model, lesson, validation, values, what.positive, labels, path)
    loop.stepper.loss = SoftLoss(what.options.temperature)
    empty = begun(what, device.name(lesson.tokens.ids.device))
    loop.state.run_id = loop.state.run_id or runs.read(folder)

    def on_epoch(state: State) -> None:
        state.run_id = tracker.update(_with(empty, state), what.dataset)
        runs.keep(folder, state.run_id)

    on_epoch(loop.state)
    state, best = loop.run(on_epoch)
    done = finish(model, best, train, validation, values, what.positive, beside)
    folders.write_weights(folder, done.weights)
    if beside is not None:
        folders.write_ngrams(folder, beside)
    return _with(empty, state).model_copy(update=done.record())


def _split(
    rows: list[Example], values: Training, tokenizer: Tokenizer, place: torch.device, home: Path
) -> Split:
    return Split(
        cache.encode([row.text for row in rows], tokenizer, place, home),
        np.array([row.label for row in rows], dtype=np.int64),
        weights.of_rows(rows, values, values.reviewed_weight),
        weights.of_rows(rows, values, 1.0),
        np.array([row.reviewed for row in rows]),
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
