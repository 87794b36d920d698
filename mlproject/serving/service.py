"""The BentoML service: health, metrics and workers from BentoML, routes from ``app``."""

import os
from functools import cache
from pathlib import Path
from typing import Any, cast

import bentoml

from mlproject.packaging.bento import RELEASE, read_release
from mlproject.packaging.release import Releases
from mlproject.serving.app import create
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings

settings = Settings.from_environment()


def threads() -> int:
    """Threads of one worker: the cores shared by the workers, unless MLPROJECT_THREADS is set."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return settings.threads or max(1, (cores or 1) // settings.service_workers)


live = LiveModel(threads(), settings.home.resolve() / "registry")
inference = Inference(live)


@bentoml.service(
    name="classifier",
    workers=settings.service_workers,
    http={"host": settings.bind, "port": settings.service_port},
)
@bentoml.asgi_app(create(live, inference), path="/")
class ClassifierService:
    """Classifies texts with the Bento's model, then with the registry's champion."""

    def __init__(self) -> None:
        folder = bento_folder()
        name, version = read_release(folder / RELEASE)
        live.begin(folder, name, version)
        live.follow(cache(Releases.of_environment), settings.service_poll_seconds)

    def __is_ready__(self) -> bool:
        return live.current is not None

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        live.stop()
        inference.close()


def bento_folder() -> Path:
    """Where the model is that this Bento was built with."""
    bento = cast("bentoml.Service[Any]", ClassifierService).bento
    if bento is None:
        raise RuntimeError("serve a Bento: python -m mlproject serve")
    (model,) = bento.info.all_models
    return Path(bentoml.models.get(model.tag).path)
