"""Verb ``distill``: a finished training to a smaller one that learnt from it."""

import logging
import os
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from mlproject.dataset import read as datasets
from mlproject.errors import InputError
from mlproject.settings import Settings, describe
from mlproject.steps import TaskInputs
from mlproject.task import load
from mlproject.training.distillation.options import Distillation

log = logging.getLogger(__name__)


class Inputs(TaskInputs):
    """Further keys are those of the task's ``distillation``; null means not given."""

    model_config = ConfigDict(extra="allow")

    training: Path | None = None  # the teacher's folder; the task's newest by default
    dataset: str = ""  # folder or id; the teacher's own by default


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    # Before torch loads OpenMP, as for a training.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from mlproject.training.distillation.distill import distill
    from mlproject.training.distillation.plan import plan
    from mlproject.training.folder import newest
    from mlproject.training.record import read
    from mlproject.training.tracking import of_environment

    task, home = load(inputs.task), settings.home.resolve()
    options = _options(task.distillation or Distillation(), inputs.model_extra or {})
    training = inputs.training or newest(home / "training", task.name)
    name = inputs.dataset or read(training).dataset_id
    dataset = datasets.load(datasets.find(name, home / "datasets", task.name))
    what = plan(task, training, dataset, options)
    folder, record, report = distill(what, home / "students", settings.threads, of_environment())
    reason = report.reason(options.loss)
    log.info("student %s: %s", folder, reason or "loses no more than it may")
    return {
        "training": str(folder),
        "teacher": str(training),
        "run_id": record.run_id,
        "passed": not reason,
        "reason": reason,
        **report.model_dump(exclude={"teacher"}),
    }


def _options(known: Distillation, given: dict[str, Any]) -> Distillation:
    values = {name: value for name, value in given.items() if value is not None}
    try:
        return Distillation.model_validate(known.model_dump() | values)
    except ValidationError as error:
        raise InputError(f"distill: {describe(error)}") from None
