"""Verb ``train``: a data set and a base model to a training folder."""

import logging
import os
from typing import Any

from pydantic import ConfigDict

from mlproject.dataset import read
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load
from mlproject.training.origin import Origin
from mlproject.training.plan import plan
from mlproject.training.presets import RANDOM
from mlproject.training.tracking import of_environment

log = logging.getLogger(__name__)

OPTIONS = {
    "pretrain": {
        "nargs": "?",
        "const": "true",
        "help": "learn the language of all texts first (masked-language modelling)",
    }
}


class Inputs(TaskInputs):
    """Further keys are those of the task's ``training``; null means not given."""

    model_config = ConfigDict(extra="allow")

    dataset: str = ""  # folder or id; the task's newest by default
    base_model: str = ""  # hub name, folder, tiny, small or base; the setting by default
    revision: str = ""  # commit of a hub name
    vocabulary: str = ""  # file, for tiny, small and base


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    home = settings.home.resolve()
    dataset = read.load(read.find(inputs.dataset, home / "datasets", task.name))
    given = {key: value for key, value in (inputs.model_extra or {}).items() if value is not None}
    what = plan(task, dataset, _origin(inputs, settings), given)  # a wrong input ends here
    # Before torch loads OpenMP: threads that wait without spinning train twice as fast where
    # another process wants the same cores, and as fast where none does.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from mlproject.training.train import train

    folder, record = train(what, home / "training", settings.threads, of_environment())
    log.info("training %s is done, best epoch %d", folder, record.best_epoch)
    return {
        "training": str(folder),
        "run_id": record.run_id,
        "device": record.device,
        "epochs": len(record.epochs),
        "metrics": record.metrics,
    }


def _origin(inputs: Inputs, settings: Settings) -> Origin:
    """The base model of the inputs; the settings stand in, each where it can apply."""
    name = inputs.base_model or settings.base_model
    revision = "" if inputs.base_model else settings.base_revision
    vocabulary = settings.vocabulary if name in RANDOM else ""
    return Origin(name, inputs.revision or revision, inputs.vocabulary or vocabulary)
