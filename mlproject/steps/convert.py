"""Verb ``convert``: a finished training as a model folder, checked against PyTorch."""

from pathlib import Path
from typing import Any

from mlproject.dataset import read as datasets
from mlproject.errors import InputError
from mlproject.packaging.convert import convert
from mlproject.packaging.manifest import read
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load
from mlproject.training import record


class Inputs(TaskInputs):
    training: Path | None = None  # folder; the task's newest by default
    dataset: str = ""  # folder or id; the training's own by default


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    home = settings.home.resolve()
    training = inputs.training or _newest(home / "training", task.name)
    name = inputs.dataset or record.read(training).dataset_id
    dataset = datasets.load(datasets.find(name, home / "datasets", task.name))
    folder = convert(task, training, dataset, home / "models", settings.threads)
    manifest = read(folder)
    return {
        "model": str(folder),
        "model_sha256": manifest.model_sha256,
        "parity": manifest.parity.model_dump(),
        "run_id": manifest.run_id,
    }


def _newest(home: Path, task: str) -> Path:
    files = sorted(home.glob(f"*/{record.NAME}"), key=lambda path: path.stat().st_mtime)
    for path in reversed(files):
        if record.read(path.parent).task == task:
            return path.parent
    raise InputError(f"no finished training of task {task!r} under {home}: run the step train")
