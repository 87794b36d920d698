"""The service's OpenAPI document. BentoML's own generator does not see these routes."""

from collections.abc import Mapping
from typing import Any

from mlproject.packaging.manifest import Manifest
from mlproject.serving.request import MAX_BODY, MAX_TEXTS

PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
VERSION = {"type": "string", "description": "version in the MLflow registry"}
TRUNCATED = {
    "type": "boolean",
    "description": "the text is longer than the model reads: only its beginning was",
}
STAMP = {"type": "string", "format": "date-time"}
SECURITY: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"header": []}]  # where keys are set
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "description": "1 to 64 letters, digits, '.', '_', '-': comes back; any other is replaced",
    "schema": {"type": "string"},
}
# Spaces, and the signs of ``dataset.text.INVISIBLE``; lone surrogates are no Unicode anyway.
VISIBLE = (
    r"[^\s\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2064\ufeff]"
)
ID = {"X-Request-ID": {"schema": {"type": "string"}, "description": "as sent, or a new one"}}
ERRORS = {
    "400": "malformed",
    "401": "keys are set, and this is none of them",
    "405": "another method; Allow names those there are",
    "413": f"longer than {MAX_BODY} bytes",
    "415": "not application/json",
    "422": f"no text, one in which nothing can be read, or more than {MAX_TEXTS}",
    "429": "too many texts wait; Retry-After says for how many seconds",
    "500": "the model failed",
    "503": "no model yet",
    "504": "no answer in time",
}
ALWAYS = ("405", "500", "504")  # whatever is asked for


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
            "/model": {"get": _get("The model that answers", "Model", "401", "503")},
            "/metrics": {"get": _get("Numbers for Prometheus", "text/plain", "401")},
            "/": {"get": _index()},
            "/ui": {"get": _get("The page for people", "text/html", "503")},
            "/docs.json": {"get": _get("This document", "application/json")},
            "/livez": {"get": _get("The process lives", "Alive")},
            "/healthz": {"get": _get("The process lives", "Alive")},
            "/readyz": {"get": _ready()},
        },
        "components": {
            "schemas": _schemas(manifest),
            "securitySchemes": SCHEMES,
            "parameters": {"RequestID": REQUEST_ID},
        },
    }


def _post(summary: str, body: str, answer: str, **more: str) -> dict[str, Any]:
    return _operation(
        summary,
        {"200": _answer("answered", answer), **_errors({**ERRORS, **more})},
        security=SECURITY,
        requestBody={"required": True, "content": _json(body)},
    )


def _operation(summary: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [{"$ref": "#/components/parameters/RequestID"}],
        "responses": responses | _errors({status: ERRORS[status] for status in ALWAYS}),
        **more,
    }


def _predict() -> dict[str, Any]:
    return _post(
        "Whether one text has the label that is looked for",
        "Content",
        "Prediction",
        **{"404": "the model looks for no single label"},
    )


def _get(summary: str, answer: str, *errors: str) -> dict[str, Any]:
    refused = _errors({status: ERRORS[status] for status in errors})
    secured = {"security": SECURITY} if "401" in errors else {}
    return _operation(summary, {"200": _answer(summary, answer)} | refused, **secured)


def _ready() -> dict[str, Any]:
    responses = {"200": _answer("A model answers", "Ready"), "503": _answer("none yet", "Ready")}
    return _operation("Whether a model answers, and which", responses)


def _index() -> dict[str, Any]:
    location = {"Location": {"schema": {"type": "string"}}}
    moved = {"description": "The page", "headers": {**ID, **location}}
    return _operation("Leads to the page", {"307": moved})


def _answer(description: str, answer: str) -> dict[str, Any]:
    content = {answer: {"schema": {}}} if "/" in answer else _json(answer)
    return {"description": description, "headers": ID, "content": content}


def _errors(reasons: Mapping[str, str]) -> dict[str, Any]:
    found = {status: _answer(reason, "Error") for status, reason in sorted(reasons.items())}
    if "405" in found:
        found["405"]["headers"] = {**ID, "Allow": {"schema": {"type": "string"}}}
    if "429" in found:
        after = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
        found["429"]["headers"] = {**ID, **after}
    return found


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _schemas(manifest: Manifest | None) -> dict[str, Any]:
    label: dict[str, Any] = {"type": "string"}
    if manifest is not None:
        label["enum"] = list(manifest.labels)
    text = {"type": "string", "minLength": 1, "pattern": VISIBLE}
    texts = {"type": "array", "minItems": 1, "maxItems": MAX_TEXTS, "items": text}
    nullable = {"type": "string", "nullable": True}
    result = _object(
        label=label,
        probability={**PROBABILITY, "description": "of the label"},
        probabilities={"type": "object", "additionalProperties": PROBABILITY},
        truncated=TRUNCATED,
    )
    return {
        "Texts": _object(texts=texts),
        "Results": _object(model_version=VERSION, results={"type": "array", "items": result}),
        "Content": _object(content=text),
        "Prediction": _object(
            is_lawer={"type": "integer", "enum": [0, 1], "description": "has the label looked for"},
            label=label,
            probability={**PROBABILITY, "description": "of the label"},
            truncated=TRUNCATED,
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
        "Alive": _object(alive={"type": "boolean"}),
        "Ready": _object(
            ready={"type": "boolean"},
            model_version=nullable,
            registry={"type": "string", "description": "reachable, or why it is not"},
            refused={**nullable, "description": "the champion that is not served, and why"},
        ),
        "Error": _object(error={"type": "string"}),
    }
