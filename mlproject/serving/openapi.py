"""The service's OpenAPI document. BentoML's own generator does not see mounted applications."""

from typing import Any

from mlproject.packaging.manifest import Manifest
from mlproject.serving.request import MAX_BODY, MAX_TEXTS

PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
VERSION = {"type": "string", "description": "version in the MLflow registry"}
STAMP = {"type": "string", "format": "date-time"}
ERRORS = {
    "400": "malformed",
    "413": f"longer than {MAX_BODY} bytes",
    "415": "not application/json",
    "422": f"no text, an empty text, or more than {MAX_TEXTS}",
    "500": "the model failed",
    "503": "no model yet",
}


def document(manifest: Manifest | None) -> dict[str, Any]:
    """OpenAPI 3.0 of the routes; labels and their order are those of the model."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Text classifier",
            "version": "1",
            "description": "Classifies texts; every answer names the model version that gave it.",
        },
        "paths": {
            "/classify": {"post": _post("Classify texts", "Texts", "Results")},
            "/predict": {"post": _predict()},
            "/model": {"get": _get("The model that answers", "Model", "503")},
            "/ui": {"get": _page("The page for people", "text/html", "503")},
            "/docs.json": {"get": _page("This document", "application/json")},
            "/healthz": {"get": _page("The process lives", "text/plain")},
            "/livez": {"get": _page("The process lives", "text/plain")},
            "/readyz": {"get": _page("A model is loaded", "text/plain", "503")},
            "/metrics": {"get": _page("Prometheus metrics", "text/plain")},
        },
        "components": {"schemas": _schemas(manifest)},
    }


def _post(summary: str, body: str, answer: str, **more: str) -> dict[str, Any]:
    errors = {
        status: {"description": text, "content": _json("Error")}
        for status, text in sorted({**ERRORS, **more}.items())
    }
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": _json(body)},
        "responses": {"200": {"description": "answered", "content": _json(answer)}, **errors},
    }


def _predict() -> dict[str, Any]:
    return _post(
        "Whether one text has the label that is looked for",
        "Content",
        "Prediction",
        **{"404": "the model looks for no single label"},
    )


def _get(summary: str, answer: str, *errors: str) -> dict[str, Any]:
    refused = {
        status: {"description": ERRORS[status], "content": _json("Error")} for status in errors
    }
    found = {"description": summary, "content": _json(answer)}
    return {"summary": summary, "responses": {"200": found, **refused}}


def _page(summary: str, media: str, *errors: str) -> dict[str, Any]:
    refused = {status: {"description": ERRORS[status]} for status in errors}
    found = {"description": summary, "content": {media: {}}}
    return {"summary": summary, "responses": {"200": found, **refused}}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _schemas(manifest: Manifest | None) -> dict[str, Any]:
    label: dict[str, Any] = {"type": "string"}
    if manifest is not None:
        label["enum"] = list(manifest.labels)
    text = {"type": "string", "minLength": 1, "pattern": r"\S"}
    texts = {"type": "array", "minItems": 1, "maxItems": MAX_TEXTS, "items": text}
    nullable = {"type": "string", "nullable": True}
    result = _object(
        label=label,
        probability={**PROBABILITY, "description": "of the label"},
        probabilities={"type": "object", "additionalProperties": PROBABILITY},
    )
    return {
        "Texts": _object(texts=texts),
        "Results": _object(model_version=VERSION, results={"type": "array", "items": result}),
        "Content": _object(content=text),
        "Prediction": _object(
            is_lawer={"type": "integer", "enum": [0, 1], "description": "has the label looked for"},
            label=label,
            probability={**PROBABILITY, "description": "of the label"},
            model_version=VERSION,
        ),
        "Model": _object(
            **{name: {"type": "string"} for name in ("name", "task", "base_model")},
            **{name: {"type": "string"} for name in ("dataset_id", "run_id", "model_sha256")},
            version=VERSION,
            since=STAMP,
            created=STAMP,
            labels={"type": "array", "items": {"type": "string"}},
            positive=nullable,
            threshold=PROBABILITY,
            max_length={"type": "integer"},
            metrics={"type": "object"},
            watch=_object(
                checked={**STAMP, "nullable": True}, registry={"type": "string"}, refused=nullable
            ),
        ),
        "Error": _object(error={"type": "string"}),
    }
