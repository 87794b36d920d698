"""``evaluation.json``: how good a model folder is on a data set, beside the champion."""

import json
from pathlib import Path
from typing import Any, TypedDict

from mlproject.errors import InputError


class Champion(TypedDict):
    version: str
    model_sha256: str
    metrics: dict[str, dict[str, float]]


class Evaluation(TypedDict):
    format: int
    task: str
    model_sha256: str
    run_id: str
    dataset_id: str
    threshold: float
    metrics: dict[str, dict[str, float]]  # split -> metric -> value
    sources: dict[str, dict[str, dict[str, float]]]  # split -> source -> metric -> value
    champion: Champion | None


def write(path: Path, values: Any) -> None:
    """JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    text = json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)


def read(path: Path) -> Evaluation:
    """
    Raises:
        InputError: there is no such file, or it is no report of an evaluation.
    """
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"report {path}: cannot be read as JSON: {error}") from None
    missing = [name for name in Evaluation.__annotations__ if name not in values]
    if missing:
        raise InputError(f"report {path}: no {missing[0]!r}; give the file that evaluate wrote")
    evaluation: Evaluation = values
    return evaluation
