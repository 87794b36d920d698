"""``evaluation.json``: how good a model folder is on a data set, beside other models."""

import json
from pathlib import Path
from typing import Any, TypedDict

from mlproject.errors import InputError
from mlproject.evaluation.behaviour import Outcome
from mlproject.evaluation.bootstrap import Interval
from mlproject.evaluation.measure import Labels, Metrics, Part


class Champion(TypedDict):
    version: str
    model_sha256: str
    metrics: dict[str, Metrics]
    differences: dict[str, dict[str, Interval]]  # split -> metric -> 95 % of model minus champion


class Behaviour(Outcome):
    learnt: int  # texts of the suite that the model has been trained on: there should be none


class Findings(TypedDict):
    """What was measured."""

    metrics: dict[str, Metrics]  # split -> metric -> value
    sources: dict[str, dict[str, Metrics]]  # split -> source -> metric -> value
    parts: dict[str, Part]  # SPLIT, SPLIT/source/NAME, SPLIT/length/q1, SPLIT/title_only, …
    labels: dict[str, Labels]  # split -> each label's metrics, confusion
    behaviour: Behaviour | None
    comparison: dict[str, dict[str, Metrics]]  # model -> slice or "behaviour" -> metric -> value
    champion: Champion | None


class Evaluation(Findings):
    """What was measured, of what."""

    format: int
    task: str
    model_sha256: str
    run_id: str
    dataset_id: str
    threshold: float


def write(path: Path, values: Any) -> None:
    """JSON, whole or not at all."""
    text = json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """A file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
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
