"""Verb ``register``: a model folder with its reports as a version in MLflow."""

from pathlib import Path
from typing import Any

from mlproject.packaging.registry import Registry
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load


class Inputs(TaskInputs):
    model: Path
    report: Path
    gate: Path


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    version = Registry().register(task, inputs.model, inputs.report, inputs.gate)
    return {"name": task.registered_model, "version": version}
