"""Verb ``score``: ``score IN.jsonl OUT.jsonl`` answers every text of a file."""

import logging
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

from mlproject import stop
from mlproject.errors import InputError, MlprojectError
from mlproject.packaging import bento, registry
from mlproject.serving.capacity import Capacity
from mlproject.serving.inference import Inference
from mlproject.serving.launch import choose
from mlproject.serving.live import LiveModel
from mlproject.serving.scoring import count, score
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import Task, load

log = logging.getLogger(__name__)

POSITIONAL = ("source", "target")


class Inputs(TaskInputs):
    source: Path  # JSONL, .gz or not: id, and text or title and content
    target: Path  # JSONL, gone on with when it is there
    model: Path | None = None  # folder; default: the champion's, else that of the newest Bento


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    if inputs.source.resolve() == inputs.target.resolve():
        raise InputError(f"{inputs.source} is source and target: give another target")
    lines = count(inputs.source)
    inputs.target.parent.mkdir(parents=True, exist_ok=True)
    version, folder = _model(inputs, load(inputs.task), settings)
    capacity = Capacity.of(settings.model_copy(update={"service_workers": 1}))
    live = LiveModel(capacity, registry.cache(settings))
    live.begin(folder, load(inputs.task).registered_model, version)
    inference = Inference(live, capacity)
    bar = tqdm(
        total=lines, unit="text", file=sys.stderr, mininterval=0.2 if sys.stderr.isatty() else 10
    )
    try:
        with bar, stop.graceful():
            done = score(inputs.source, inputs.target, inference, bar.update)
    finally:
        inference.close()
    return {
        "target": str(inputs.target),
        "lines": done.lines,
        "resumed": done.resumed,
        "errors": done.errors,
        "model_version": version,
    }


def _model(inputs: Inputs, task: Task, settings: Settings) -> tuple[str, Path]:
    """Version and folder: the model given, the champion, or what the service would begin with."""
    if inputs.model is not None:
        return inputs.model.resolve().name, inputs.model
    try:
        champion = registry.champion_folder(task, settings)
    except MlprojectError as error:
        log.warning("the champion is not known (%s)", error)
        champion = None
    if champion is not None:
        return champion
    name, _, version = choose(task, None, settings).partition(":")
    return version, bento.store(settings) / "models" / name / version
