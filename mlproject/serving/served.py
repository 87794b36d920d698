"""One model version in memory, ready to answer."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlproject.errors import InputError
from mlproject.packaging.manifest import Manifest
from mlproject.serving.predictor import Predictor


@dataclass(frozen=True)
class Served:
    """A predictor and which version of the registry it is."""

    name: str
    version: str
    predictor: Predictor
    metrics: dict[str, Any]  # by split
    since: datetime  # when this process began to serve it

    @property
    def manifest(self) -> Manifest:
        return self.predictor.manifest


def load(folder: Path, name: str, version: str, threads: int) -> Served:
    """A checked and warmed-up version.

    Raises:
        InputError: the folder is damaged, or its file cannot be run.
    """
    try:
        predictor = Predictor(folder, threads)
        predictor.warm_up()
    except InputError:
        raise
    except Exception as error:  # onnxruntime and tokenizers raise what they like
        raise InputError(f"model {folder.name} cannot be run: {type(error).__name__}") from error
    return Served(name, version, predictor, _metrics(folder), datetime.now(UTC))


def _metrics(folder: Path) -> dict[str, Any]:
    try:
        report = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    metrics = report.get("metrics", {}) if isinstance(report, dict) else {}
    return metrics if isinstance(metrics, dict) else {}


def misfit(new: Manifest, old: Manifest) -> str | None:
    """Why a model cannot take the place of another; None when it can."""
    for field in ("task", "labels", "positive"):
        given, wanted = getattr(new, field), getattr(old, field)
        if given != wanted:
            return f"its {field} {given!r} is not the {wanted!r} that is served"
    return None
