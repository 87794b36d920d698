"""The routes, as one ASGI application that BentoML mounts."""

from collections.abc import Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mlproject.serving import answers, metrics, openapi, page
from mlproject.serving.answers import refusal, reply
from mlproject.serving.direct import Direct
from mlproject.serving.gate import FAILED, REQUEST_ID, Gate
from mlproject.serving.inference import Inference
from mlproject.serving.keys import KeyCheck, Keys
from mlproject.serving.live import LiveModel
from mlproject.serving.request import Refusal, content_of, read_object, texts_of
from mlproject.serving.served import Served
from mlproject.settings import Settings

DIRECT = frozenset({"/classify", "/predict"})  # what is asked all the time


def create(live: LiveModel, inference: Inference, settings: Settings | None = None) -> ASGIApp:
    """The application on that model, with its limits, its keys and its log around it.

    Raises:
        InputError: an API key is too short, or the file of keys cannot be read.
    """
    settings = settings or Settings()
    inner = routes(live, inference)
    paths = frozenset(route.path for route in inner.routes if isinstance(route, Route))
    endpoints = {
        (method, route.path): route.endpoint
        for route in inner.routes
        if isinstance(route, Route) and route.path in DIRECT
        for method in route.methods or ()
    }
    app: ASGIApp = Direct(inner, endpoints, (Refusal, ClientDisconnect), _answer)
    keys = Keys(settings)
    if keys.asked_for:
        app = KeyCheck(app, keys, _refuse)
    shown = partial(_shown_to, settings.service_origins) if settings.service_origins else None
    return Gate(shown(app) if shown else app, paths, settings.service_timeout, shown)


def routes(live: LiveModel, inference: Inference) -> Starlette:
    async def classify(request: Request) -> Response:
        texts = texts_of(await read_object(request))
        return reply(answers.classified(await inference.classify(texts)))

    async def predict(request: Request) -> Response:
        content = content_of(await read_object(request))
        return reply(answers.predicted(await inference.classify([content])))

    async def model(request: Request) -> Response:
        return reply(answers.description(_served(live), live))

    async def ui(request: Request) -> Response:
        text = page.render(_served(live).manifest)
        return HTMLResponse(text, headers={"Content-Security-Policy": page.POLICY})

    async def docs(request: Request) -> Response:
        return reply(openapi.document(live.current.manifest if live.current else None))

    async def index(request: Request) -> Response:
        return RedirectResponse("ui")

    async def alive(request: Request) -> Response:
        return reply({"alive": True})

    async def ready(request: Request) -> Response:
        found = answers.readiness(live)
        return reply(found, 200 if found["ready"] else 503)

    async def numbers(request: Request) -> Response:
        return Response(metrics.render(), headers={"Content-Type": metrics.CONTENT_TYPE})

    return Starlette(
        routes=[
            Route("/classify", classify, methods=["POST"]),
            Route("/predict", predict, methods=["POST"]),
            Route("/model", model, methods=["GET"]),
            Route("/", index, methods=["GET"]),
            Route("/ui", ui, methods=["GET"]),
            Route("/docs.json", docs, methods=["GET"]),
            Route("/livez", alive, methods=["GET"]),
            Route("/healthz", alive, methods=["GET"]),
            Route("/readyz", ready, methods=["GET"]),
            Route("/metrics", numbers, methods=["GET"]),
        ],
        exception_handlers={
            **dict.fromkeys((Refusal, HTTPException, ClientDisconnect), _answer),
            Exception: _answer,  # Starlette raises it again behind its answer, for the log
        },
    )


def _shown_to(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    """Pages of these origins may ask, and read what is answered."""
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type", "X-API-Key", REQUEST_ID),
        expose_headers=(REQUEST_ID, "Retry-After"),
    )


async def _answer(request: Request, error: Exception) -> Response:
    """Every refusal as JSON; the reason never holds the text."""
    match error:
        case Refusal():
            return refusal(error)
        case HTTPException():
            return reply({"error": error.detail}, error.status_code, error.headers)
        case ClientDisconnect():
            return reply({"error": "the request was cut off"}, 400)
        case _:
            return refusal(FAILED)


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Refusal) -> None:
    await refusal(error)(scope, receive, send)


def _served(live: LiveModel) -> Served:
    if live.current is None:
        raise Refusal(503, "no model is loaded yet")
    return live.current
