"""The BentoML service: it starts the workers and holds the model; ``app`` answers."""

import logging
from functools import cache
from pathlib import Path
from typing import Any, cast

import bentoml
from starlette.types import ASGIApp, Receive, Scope, Send

from mlproject.packaging.bento import RELEASE, read_release
from mlproject.packaging.release import Releases
from mlproject.serving import sentry
from mlproject.serving.app import create
from mlproject.serving.capacity import Capacity
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings

# That MLflow is away is said once, by what watches it, and not at every try.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

settings = Settings.from_environment()
live = LiveModel(
    Capacity.of(settings), settings.home.resolve() / "registry", settings.service_slowest_ms
)
inference = Inference(live, Capacity.of(settings), settings.service_queue)
application = create(live, inference, settings)


class Front:
    """Every path goes to ``app``.

    BentoML's own /readyz could not say what became of the champion, its unknown paths are not
    answered in JSON, and its request metrics grow with every path that a client makes up.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._bentoml = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (application if scope["type"] == "http" else self._bentoml)(scope, receive, send)


@bentoml.service(
    name="classifier",
    workers=settings.service_workers,
    http={"host": settings.bind, "port": settings.service_port},
    traffic={"timeout": settings.service_timeout + 30},  # ours comes first, with its reason
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
)
class ClassifierService:
    """Classifies texts with the Bento's model, then with the registry's champion."""

    def __init__(self) -> None:
        sentry.begin(settings)
        folder = bento_folder()
        name, version = read_release(folder / RELEASE)
        live.begin(folder, name, version)
        live.follow(cache(Releases.of_environment), settings.service_poll_seconds)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        live.stop()
        inference.close()
        sentry.end()


cast("bentoml.Service[Any]", ClassifierService).add_asgi_middleware(Front)


def bento_folder() -> Path:
    """Where the model is that this Bento was built with."""
    bento = cast("bentoml.Service[Any]", ClassifierService).bento
    if bento is None:
        raise RuntimeError("serve a Bento: python -m mlproject serve")
    (model,) = bento.info.all_models
    return Path(bentoml.models.get(model.tag).path)
