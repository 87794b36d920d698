"""What a training is of: a data set checked against its task, and all its values."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlproject.dataset.read import Dataset
from mlproject.errors import InputError
from mlproject.task import Task, Training
from mlproject.training import presets
from mlproject.training.origin import Origin
from mlproject.training.pretraining.job import Job, job

log = logging.getLogger(__name__)
FORMAT = 11  # counts up when the same inputs would give another network


@dataclass(frozen=True)
class Plan:
    """All that decides what comes out, the device apart."""

    task: Task
    dataset: Dataset
    origin: Origin
    values: Training
    pretraining: Job | None = None  # what comes before

    def key(self) -> str:
        """Name of the training's folder: the same inputs, the same key."""
        before = self.pretraining.key() if self.pretraining else ""
        values = self.values.model_dump(exclude={"pretrain", "pretraining"})
        content = [
            *(FORMAT, self.dataset.manifest.dataset_id, self.task.labels, self.task.positive),
            *(self.origin.identity(), values, before),
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def plan(task: Task, dataset: Dataset, origin: Origin, given: Mapping[str, Any]) -> Plan:
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
    _warn_of_missing(task, dataset)
    values = presets.resolve(task.training, origin.name, given, len(dataset.splits["train"]))
    if values.focal_alpha is not None and len(values.focal_alpha) != len(task.labels):
        raise InputError(
            f"focal_alpha {list(values.focal_alpha)}: give one weight per label, "
            f"{len(task.labels)} of them, or null"
        )
    before = job(origin, dataset, values) if values.pretrain else None
    return Plan(task, dataset, origin, values, before)


def _warn_of_missing(task: Task, dataset: Dataset) -> None:
    """A few rows can be trained on, but not every choice that validation makes means something."""
    found = {example.label for example in dataset.splits["validation"]}
    for position, label in enumerate(task.labels):
        if position not in found:
            log.warning(
                "data set %s: label %r has no texts in split 'validation': the best epoch, "
                "temperature and threshold are chosen without it",
                *(dataset.folder, label),
            )
