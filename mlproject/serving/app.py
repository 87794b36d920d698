"""The routes, as one ASGI application that BentoML mounts."""

from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mlproject.serving import openapi, page
from mlproject.serving.inference import Answer, Inference
from mlproject.serving.live import LiveModel
from mlproject.serving.request import Refusal, content_of, read_object, texts_of
from mlproject.serving.served import Served

DIGITS = 6  # of a probability in an answer


def create(live: LiveModel, inference: Inference) -> Starlette:
    """The application on that model."""

    async def classify(request: Request) -> Response:
        texts = texts_of(await read_object(request))
        answer = await inference.classify(texts)
        return reply({"model_version": answer.served.version, "results": results(answer)})

    async def predict(request: Request) -> Response:
        content = content_of(await read_object(request))
        answer = await inference.classify([content])
        positive = answer.served.manifest.positive
        if positive is None:
            raise Refusal(404, "this model looks for no single label: use /classify")
        (result,) = results(answer)
        return reply(
            {
                "is_lawer": int(result["label"] == positive),
                "label": result["label"],
                "probability": result["probability"],
                "model_version": answer.served.version,
            }
        )

    async def model(request: Request) -> Response:
        return reply(describe(_served(live), live))

    async def ui(request: Request) -> Response:
        text = page.render(_served(live).manifest)
        return HTMLResponse(text, headers={"Content-Security-Policy": page.POLICY})

    async def docs(request: Request) -> Response:
        return reply(openapi.document(live.current.manifest if live.current else None))

    async def index(request: Request) -> Response:
        return RedirectResponse("ui")

    return Starlette(
        routes=[
            Route("/", index, methods=["GET"]),  # BentoML's own page calls a tracker
            Route("/classify", classify, methods=["POST"]),
            Route("/predict", predict, methods=["POST"]),
            Route("/model", model, methods=["GET"]),
            Route("/ui", ui, methods=["GET"]),
            Route("/docs.json", docs, methods=["GET"]),  # before BentoML's, which knows no mounts
        ],
        exception_handlers={
            Refusal: refuse,
            HTTPException: refuse,
            ClientDisconnect: refuse,
        },
    )


def results(answer: Answer) -> list[dict[str, Any]]:
    """One object per text: label, its probability, and every label's."""
    manifest = answer.served.manifest
    rows = []
    for row in answer.probabilities.tolist():
        by_label = {
            label: round(value, DIGITS) for label, value in zip(manifest.labels, row, strict=True)
        }
        label = manifest.label_of(tuple(row))
        rows.append({"label": label, "probability": by_label[label], "probabilities": by_label})
    return rows


def describe(served: Served, live: LiveModel) -> dict[str, Any]:
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


def reply(values: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(values), status, media_type="application/json")


async def refuse(request: Request, error: Exception) -> Response:
    """Every refusal as JSON; the reason never holds the text."""
    match error:
        case Refusal():
            return reply({"error": error.reason}, error.status)
        case HTTPException():
            response = reply({"error": error.detail}, error.status_code)
            response.headers.update(error.headers or {})
            return response
        case _:
            return reply({"error": "the request was cut off"}, 400)


def _served(live: LiveModel) -> Served:
    if live.current is None:
        raise Refusal(503, "no model is loaded yet")
    return live.current
