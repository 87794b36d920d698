"""One model version in memory, ready to answer."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlproject.errors import InputError
from mlproject.packaging.manifest import Manifest
from mlproject.serving.capacity import Capacity
from mlproject.serving.memory import give_back
from mlproject.serving.predictor import Predictor

TIMED_TOKENS = 64
TIMED_RUNS = 5


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


def load(
    folder: Path, name: str, version: str, capacity: Capacity, slowest_ms: float = 0.0
) -> Served:
    """A checked and warmed-up version.

    Raises:
        InputError: the folder is damaged, its file cannot be run, or it is slower than
            ``slowest_ms`` for a text of 64 tokens (0: as slow as it likes).
    """
    try:
        predictor = Predictor(folder, capacity.threads, capacity.narrow)
        give_back()
        predictor.warm_up()
        taken = fastest_ms(predictor) if slowest_ms else 0.0
    except InputError:
        raise
    except Exception as error:  # onnxruntime and tokenizers raise what they like
        raise InputError(f"model {folder.name} cannot be run: {type(error).__name__}") from error
    if taken > slowest_ms:
        raise InputError(
            f"model {folder.name} takes {taken:.0f} ms for {TIMED_TOKENS} tokens, more than "
            f"{slowest_ms:g}: make it faster or raise MLPROJECT_SERVICE_SLOWEST_MS"
        )
    return Served(name, version, predictor, _metrics(folder), datetime.now(UTC))


def fastest_ms(predictor: Predictor) -> float:
    """Milliseconds of the fastest of a few runs: what else goes on cannot make it look slow."""
    tokens = min(TIMED_TOKENS, predictor.manifest.max_length)
    (row,) = predictor.encode(["。" * tokens])
    runs = []
    for _ in range(TIMED_RUNS):
        started = time.perf_counter()
        predictor.run([row])
        runs.append(time.perf_counter() - started)
    return min(runs) * 1000


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
