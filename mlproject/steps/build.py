"""Verb ``build``: a registered version as a Bento."""

from typing import Any

from pydantic import Field

from mlproject.packaging.bento import build
from mlproject.packaging.registry import cache
from mlproject.packaging.release import Releases
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load


class Inputs(TaskInputs):
    version: str = Field(coerce_numbers_to_str=True)


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    releases = Releases.of_environment()
    release = releases.by_version(task.registered_model, inputs.version)
    folder = releases.fetch(release, cache(settings))
    passed = releases.report(release, "gate.json").get("passed") is True
    return {"bento": build(task, release, folder, passed, settings)}
