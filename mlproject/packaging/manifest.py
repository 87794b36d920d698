"""What a model folder says about itself, and the check that it is true."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlproject.dataset.options import Cleaning
from mlproject.errors import InputError
from mlproject.packaging.report import Allowance, Conversion
from mlproject.settings import describe

NAME = "manifest.json"
MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
FORMAT = 1


class Parity(BaseModel):
    """How far fp32's probabilities are from PyTorch's, and on what the served one was judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: int = Field(ge=1)
    max_difference: float = Field(ge=0)
    tolerance: float = Field(gt=0)
    dataset_id: str  # that the texts are of
    asked: int | None = None  # texts that were to be compared; None: not noted, in older models
    note: str = ""  # why there are fewer
    allowances: tuple[Allowance, ...] = ()  # slices on which the served one lost more than others


class Manifest(BaseModel):
    """``manifest.json`` of a model folder; ``labels`` is the order of the outputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    task: str
    labels: tuple[str, ...] = Field(min_length=2)
    positive: str | None  # the label that is looked for
    cleaning: Cleaning | None = None  # how its texts were prepared; None: not at all
    max_length: int = Field(ge=2)  # tokens
    threshold: float = Field(ge=0, le=1)  # of the positive label's probability
    temperature: float = Field(gt=0)
    dataset_id: str
    run_id: str
    base_model: str
    files: dict[str, str]  # name -> sha256
    model_sha256: str
    source_sha256: str  # of the training's files, and of what else decided
    parity: Parity  # of the fp32 file that the served one was compared with
    conversion: Conversion | None = None  # what else was tried; None: nothing, in older models
    created: datetime

    def label_of(self, probabilities: tuple[float, ...]) -> str:
        """The positive label from its threshold on; otherwise the most probable other one."""
        ranked = sorted(zip(probabilities, self.labels, strict=True), reverse=True)
        if self.positive is None:
            return ranked[0][1]
        if probabilities[self.labels.index(self.positive)] >= self.threshold:
            return self.positive
        return next(label for _, label in ranked if label != self.positive)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse(values: Any, origin: str) -> Manifest:
    """The manifest in parsed JSON.

    Raises:
        InputError: a field is missing, unknown or does not fit.
    """
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{origin}: {describe(error)}") from None


def read(folder: Path) -> Manifest:
    """The manifest of a model folder, after every file's sha256 was compared with it.

    Raises:
        InputError: a file is missing or differs; nothing of the folder may be used.
    """
    path = folder / NAME
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"model {folder}: no {NAME}; give a folder that convert wrote") from None
    except ValidationError as error:
        raise InputError(f"model {path}: {describe(error)}") from None
    for name in (MODEL, TOKENIZER):
        if name not in manifest.files:
            raise InputError(f"model {folder}: {NAME} does not name {name}")
    for name, expected in manifest.files.items():
        if Path(name).name != name or not (folder / name).is_file():
            raise InputError(f"model {folder}: file {name!r} is missing")
        if sha256(folder / name) != expected:
            raise InputError(f"model {folder}: {name} differs from its sha256; fetch it again")
    if manifest.files[MODEL] != manifest.model_sha256:
        raise InputError(f"model {folder}: model_sha256 is not that of {MODEL}")
    return manifest
