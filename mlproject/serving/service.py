"""The BentoML service: it starts the workers and holds the model; ``app`` answers.

BentoML reads this module in the process that starts the workers too, which needs no model: what
takes time to import is imported by a worker alone.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bentoml
from starlette.types import ASGIApp, Receive, Scope, Send

from mlproject.settings import Settings

if TYPE_CHECKING:
    from mlproject.serving.worker import Worker

# A request's line is the gate's: uvicorn makes one of its own, which nobody is shown.
logging.getLogger("uvicorn.access").propagate = False
# That MLflow is away is said once, by what watches it, and not at every try.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

settings = Settings.from_environment()


class Front:
    """Every path goes to ``app``.

    BentoML's own /readyz could not say what became of the champion, its unknown paths are not
    answered in JSON, and its request metrics grow with every path that a client makes up. What
    BentoML has around it is passed by: a tracer, a log of its own, and a timer and a task of every
    request.
    """

    worker: "Worker | None" = None  # BentoML makes the service before it takes requests

    def __init__(self, app: ASGIApp) -> None:
        self._bentoml = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":  # before all requests
            scope["app"].middleware_stack = self
        worker = Front.worker if scope["type"] == "http" else None
        await (worker.application if worker else self._bentoml)(scope, receive, send)


@bentoml.service(
    name="classifier",
    workers=settings.service_workers,
    http={"host": settings.bind, "port": settings.service_port},
    metrics={"enabled": False},
)
class ClassifierService:
    """Classifies texts with the Bento's model, then with the registry's champion."""

    def __init__(self) -> None:
        from mlproject.serving.worker import Worker

        self._worker = Front.worker = Worker(bento_folder(), settings)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        self._worker.stop()


cast("bentoml.Service[Any]", ClassifierService).add_asgi_middleware(Front)


def bento_folder() -> Path:
    """Where the model is that this Bento was built with."""
    bento = cast("bentoml.Service[Any]", ClassifierService).bento
    if bento is None:
        raise RuntimeError("serve a Bento: python -m mlproject serve")
    (model,) = bento.info.all_models
    return Path(bentoml.models.get(model.tag).path)
