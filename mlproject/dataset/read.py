"""A data-set folder, read back and checked against its manifest."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlproject.errors import InputError
from mlproject.settings import describe

UNLABELLED = "unlabelled.jsonl"


class File(BaseModel):
    model_config = ConfigDict(frozen=True)

    sha256: str
    rows: int


class Manifest(BaseModel):
    """What of ``manifest.json`` readers need; further keys are passed over."""

    model_config = ConfigDict(frozen=True)

    dataset_id: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    task: str
    labels: tuple[str, ...] = Field(min_length=2)
    files: dict[str, File]
    unlabelled: File | None = None
    counts: dict[str, dict[str, dict[str, int]]] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    id: str
    text: str
    label: int  # position in the manifest's labels
    source: str
    reviewed: bool = False  # somebody has read this very post


@dataclass(frozen=True)
class Dataset:
    folder: Path
    manifest: Manifest
    splits: dict[str, list[Example]]  # in the order of the files


def find(name: str, home: Path, task: str) -> Path:
    """The folder of a data set: a path, an id under ``home``, or ("") the task's newest.

    Raises:
        InputError: there is none.
    """
    if name:
        for folder in (Path(name), home / name):
            if (folder / "manifest.json").is_file():
                return folder
        raise InputError(f"dataset {name!r}: no such folder, and no such id under {home}")
    manifests = sorted(home.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
    for path in reversed(manifests):
        if manifest_of(path.parent).task == task:
            return path.parent
    raise InputError(f"no data set of task {task!r} under {home}: run the step export first")


def load(folder: Path) -> Dataset:
    """All rows of a data set, by split.

    Raises:
        InputError: a file is missing, or is not what the manifest says.
    """
    manifest = manifest_of(folder)
    splits: dict[str, list[Example]] = {}
    for position, label in enumerate(manifest.labels):
        name = f"{label}.jsonl"
        if name not in manifest.files:
            raise InputError(f"data set {folder}: the manifest names no file {name}")
        for line in _checked(folder / name, manifest.files[name]).splitlines():
            row = json.loads(line)
            values = (row["id"], row["text"], position, row["source"])
            example = Example(*values, row.get("reviewed", False))
            splits.setdefault(row["split"], []).append(example)
    return Dataset(folder, manifest, splits)


def unlabelled(dataset: Dataset) -> list[str]:
    """Texts that training may see and that are under no label; none where there is no file.

    Raises:
        InputError: the file is missing, or is not what the manifest says.
    """
    if dataset.manifest.unlabelled is None:
        return []
    lines = _checked(dataset.folder / UNLABELLED, dataset.manifest.unlabelled).splitlines()
    return [json.loads(line)["text"] for line in lines]


def manifest_of(folder: Path) -> Manifest:
    """The manifest of a data set.

    Raises:
        InputError: there is none, or it does not fit.
    """
    path = folder / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"data set {path.parent}: {error.strerror}: {path.name}") from None
    except ValidationError as error:
        raise InputError(f"data set {path}: {describe(error)}") from None


def _checked(path: Path, expected: File) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"data set {path.parent}: {error.strerror}: {path.name}") from None
    found = hashlib.sha256(data).hexdigest()
    if found != expected.sha256:
        raise InputError(
            f"data set {path}: sha256 {found[:12]} is not the manifest's "
            f"{expected.sha256[:12]}: export it again"
        )
    return data
