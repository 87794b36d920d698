"""Verb ``convert``: a finished training as a model folder, checked against PyTorch."""

import logging
import os
import tempfile
from pathlib import Path
from typing import Any

from mlproject.dataset import read as datasets
from mlproject.packaging.manifest import Manifest, read
from mlproject.packaging.report import table
from mlproject.settings import Settings
from mlproject.steps import TaskInputs, distill
from mlproject.task import Task, load
from mlproject.training import record
from mlproject.training.tracking import of_environment

log = logging.getLogger(__name__)

STUDENT = "distillation.json"  # in the folder of a training that is one


class Inputs(TaskInputs):
    training: Path | None = None  # folder; the task's newest by default
    dataset: str = ""  # folder or id; the training's own by default


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    # Before torch loads OpenMP: its threads must not spin on cores that others are timed on.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from mlproject.packaging.convert import convert
    from mlproject.training.folder import newest

    task = load(inputs.task)
    home = settings.home.resolve()
    training = inputs.training or newest(home / "training", task.name)
    name = inputs.dataset or record.read(training).dataset_id
    dataset = datasets.load(datasets.find(name, home / "datasets", task.name))

    def converted(folder: Path) -> Path:
        return convert(task, folder, dataset, home / "models", settings.threads)

    folder, taught = None, _taught(inputs, task, training, settings)
    if taught.get("passed"):
        folder = converted(Path(taught["training"]))
        taught |= _as_served(folder, taught, task, dataset, settings.threads)
    if folder is None or not taught["passed"]:
        folder = converted(training)
    manifest = read(folder)
    result: dict[str, Any] = {
        "model": str(folder),
        "model_sha256": manifest.model_sha256,
        "parity": manifest.parity.model_dump(),
        "run_id": manifest.run_id,
    }
    if taught:
        result["student"] = {key: taught[key] for key in ("passed", "reason", "losses")}
    if manifest.conversion is not None:
        _track(manifest)
        result |= {
            "served": manifest.conversion.served,
            "candidates": manifest.conversion.model_dump(mode="json")["rows"],
        }
    return result


def _taught(inputs: Inputs, task: Task, training: Path, settings: Settings) -> dict[str, Any]:
    """The result of ``distill`` where the task asks to serve a student; otherwise nothing."""
    wanted = task.distillation is not None and task.distillation.serve
    if not wanted or (training / STUDENT).is_file():
        return {}
    given = distill.Inputs(task=inputs.task, training=training, dataset=inputs.dataset)
    return distill.run(given, settings)


def _as_served(
    folder: Path, taught: dict[str, Any], task: Task, dataset: datasets.Dataset, threads: int
) -> dict[str, Any]:
    """The verdict on the student's model folder: it may lose no more than its network may."""
    from mlproject.packaging.student import judged
    from mlproject.training.distillation.report import read as read_report

    student = Path(taught["training"])
    report = read_report(student)
    if report is None or task.distillation is None:
        return {}
    found = judged(folder, student, report, dataset, threads)
    reason = found.reason(task.distillation.loss)
    if reason:
        conversion = read(folder).conversion
        reason = f"as {conversion.served if conversion else 'converted'}, {reason}"
        log.warning("the teacher is served: %s", reason)
    return {"passed": not reason, "reason": reason, "losses": found.losses}


def _track(manifest: Manifest) -> None:
    """The table as artifacts of the training's run, its figures as metrics."""
    tried = manifest.conversion
    if tried is None:
        return
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "conversion"
        folder.mkdir()
        (folder / "conversion.json").write_text(tried.model_dump_json(indent=2), encoding="utf-8")
        (folder / "conversion.txt").write_text(table(tried) + "\n", encoding="utf-8")
        tags = {"served_as": tried.served}
        of_environment().attach(manifest.run_id, tried.figures(), [folder], tags)
