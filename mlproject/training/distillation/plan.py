"""All that decides what a student becomes, the device apart."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from mlproject.dataset.read import Dataset, unlabelled
from mlproject.errors import InputError
from mlproject.task import Task, Training
from mlproject.training import folder as folders
from mlproject.training.distillation.options import Distillation
from mlproject.training.folder import Trained
from mlproject.training.record import Record

FORMAT = 2  # counts up when the same inputs would give another network


@dataclass(frozen=True)
class Plan:
    task: Task
    folder: Path  # of the teacher
    teacher: Trained
    dataset: Dataset
    options: Distillation

    def key(self) -> str:
        """Name of the student's folder: the same inputs, the same key."""
        files = (folders.WEIGHTS, folders.CONFIG, folders.TOKENIZER)
        content = [
            *(FORMAT, self.task.positive, self.dataset.manifest.dataset_id),
            *(_sha256(self.folder / name) for name in files),
            *(self.options.model_dump(exclude={"serve", "loss"}), self.values.model_dump()),
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def values(self) -> Training:
        """The teacher's, but for what the options say and what soft targets leave no room for."""
        options, known = self.options, Training.model_fields
        given = self.teacher.record.hyperparameters
        values = {name: value for name, value in given.items() if name in known}
        values |= {"epochs": options.epochs, "patience": options.epochs}
        values |= {"balance_labels": False, "focal_alpha": None, "focal_gamma": 0.0}
        for name in ("batch_size", "learning_rate"):
            if getattr(options, name) is not None:
                values[name] = getattr(options, name)
        return Training.model_validate(values | {"max_length": self.teacher.record.max_length})

    @property
    def positive(self) -> int | None:
        task = self.task
        return None if task.positive is None else task.labels.index(task.positive)

    def texts(self) -> list[str]:
        """What the student learns from: the training texts, then those under no label."""
        learnt = [row.text for row in self.dataset.splits["train"]]
        return learnt + unlabelled(self.dataset)[: self.options.max_unlabelled]


def plan(task: Task, folder: Path, dataset: Dataset, options: Distillation) -> Plan:
    """
    Raises:
        InputError: the folder is no training of this task, or a split is empty.
    """
    teacher = folders.load(folder)
    if teacher.record.labels != task.labels:
        raise InputError(
            f"training {folder}: its labels {list(teacher.record.labels)} are not "
            f"{list(task.labels)} of task {task.name}"
        )
    for split in ("train", "validation"):
        if not dataset.splits.get(split):
            raise InputError(f"data set {dataset.folder} has no texts in split {split!r}")
    return Plan(task, folder, teacher, dataset, options)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hyperparameters(what: Plan) -> dict[str, object]:
    """What the student's record says that it was given."""
    options = what.options.model_dump(mode="json", exclude={"serve", "loss"})
    return what.values.model_dump(mode="json") | {
        f"distillation.{name}": value for name, value in options.items()
    }


def begun(what: Plan, device: str) -> Record:
    """The student's record before it learns."""
    teacher = what.teacher.record
    return Record(
        task=what.task.name,
        labels=what.task.labels,
        positive=what.task.positive,
        dataset_id=what.dataset.manifest.dataset_id,
        base_model=f"{Path(teacher.base_model).name}-distilled-{what.options.layers}",
        hyperparameters=hyperparameters(what),
        max_length=teacher.max_length,
        rows={name: len(rows) for name, rows in what.dataset.splits.items()},
        device=device,
    )
