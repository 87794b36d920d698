"""Verb ``convert``: a finished training as a model folder, checked against PyTorch."""

from pathlib import Path
from typing import Any

from mlproject.packaging.convert import convert
from mlproject.packaging.manifest import read
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load


class Inputs(TaskInputs):
    training: Path
    dataset: Path


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    home = settings.home.resolve()
    dataset = inputs.dataset
    if not dataset.exists():
        dataset = home / "datasets" / dataset.name  # an id
    folder = convert(task, inputs.training, dataset, home / "models", settings.threads)
    manifest = read(folder)
    return {
        "model": str(folder),
        "model_sha256": manifest.model_sha256,
        "parity": manifest.parity.model_dump(),
        "run_id": manifest.run_id,
    }
