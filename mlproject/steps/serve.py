"""Verb ``serve``: becomes BentoML's server; does not end by itself."""

import logging
import os
from typing import Any

from mlproject.packaging.bento import use_store
from mlproject.serving.launch import check_port, choose, command
from mlproject.serving.memory import huge_pages
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load

log = logging.getLogger(__name__)


class Inputs(TaskInputs):
    bento: str | None = None  # tag; default: the champion's


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    store = use_store(settings)
    tag = choose(load(inputs.task), inputs.bento, settings)
    check_port(settings.bind, settings.service_port)
    arguments = command(tag, settings)
    log.info("serving %s on http://%s:%d", tag, settings.bind, settings.service_port)
    # Workers run inside the Bento's folder: what is relative here must not be so there.
    places = {"MLPROJECT_HOME": str(settings.home.resolve()), "BENTOML_HOME": str(store)}
    if settings.service_keys_file is not None:
        places["MLPROJECT_SERVICE_KEYS_FILE"] = str(settings.service_keys_file.resolve())
    os.execve(arguments[0], list(arguments), {**os.environ, **huge_pages(), **places})  # noqa: S606
