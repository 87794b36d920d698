"""What the routes answer, as JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from mlproject.serving import ledger, metrics
from mlproject.serving.job import Answer
from mlproject.serving.live import LiveModel
from mlproject.serving.request import Refusal
from mlproject.serving.served import Served

UNREADABLE = "it holds only markup or signs that nobody sees"
DIGITS = 6  # of a probability in an answer


def reply(
    values: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(values), status, headers, media_type="application/json")


def refusal(error: Refusal) -> Response:
    """The reason, which never holds the text."""
    return reply({"error": error.reason}, error.status, error.headers)


def results(answer: Answer) -> list[dict[str, Any]]:
    """One object per text: label, its probability, every label's, and whether it was truncated."""
    manifest = answer.served.manifest
    rows = []
    for row, truncated in zip(answer.probabilities, answer.truncated, strict=True):
        by_label = {
            label: round(value, DIGITS) for label, value in zip(manifest.labels, row, strict=True)
        }
        label = manifest.label_of(tuple(row))
        rows.append(
            {
                "label": label,
                "probability": by_label[label],
                "probabilities": by_label,
                "truncated": truncated,
            }
        )
    return rows


def classified(answer: Answer) -> dict[str, Any]:
    """What ``POST /classify`` answers.

    Raises:
        Refusal: 422 when nothing can be read in a text.
    """
    if any(answer.empty):
        raise Refusal(422, f"texts[{answer.empty.index(True)}] is empty: {UNREADABLE}")
    return {"model_version": answer.served.version, "results": counted(answer)}


def predicted(answer: Answer) -> dict[str, Any]:
    """What ``POST /predict`` answers.

    Raises:
        Refusal: 404 when the model looks for no single label, 422 when nothing can be read.
    """
    if any(answer.empty):
        raise Refusal(422, f"content is empty: {UNREADABLE}")
    positive = answer.served.manifest.positive
    if positive is None:
        raise Refusal(404, "this model looks for no single label: use /classify")
    (result,) = counted(answer)
    return {
        "is_lawer": int(result["label"] == positive),
        "label": result["label"],
        "probability": result["probability"],
        "truncated": result["truncated"],
        "model_version": answer.served.version,
    }


def counted(answer: Answer) -> list[dict[str, Any]]:
    """The results, counted by label and version."""
    rows = results(answer)
    for row in rows:
        ledger.note(metrics.prediction, row["label"], answer.served.version)
    return rows


def readiness(live: LiveModel) -> dict[str, Any]:
    """What ``GET /readyz`` answers: whether there is a model, and what became of the champion."""
    served, watch = live.current, live.watch
    return {
        "ready": served is not None,
        "model_version": served.version if served else None,
        "registry": watch.registry,
        "refused": watch.refused,
    }


def description(served: Served, live: LiveModel) -> dict[str, Any]:
    """What ``GET /model`` answers."""
    manifest, watch = served.manifest, live.watch
    return {
        "name": served.name,
        "version": served.version,
        "since": served.since.isoformat(timespec="seconds"),
        "task": manifest.task,
        "labels": list(manifest.labels),
        "positive": manifest.positive,
        "threshold": manifest.threshold,
        "max_length": manifest.max_length,
        "base_model": manifest.base_model,
        "dataset_id": manifest.dataset_id,
        "run_id": manifest.run_id,
        "model_sha256": manifest.model_sha256,
        "created": manifest.created.isoformat(timespec="seconds"),
        "metrics": served.metrics,
        "watch": {
            "checked": watch.checked.isoformat(timespec="seconds") if watch.checked else None,
            "registry": watch.registry,
            "refused": watch.refused,
        },
    }
