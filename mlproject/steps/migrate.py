"""Verb ``migrate``: the project's tables at the newest revision."""

from typing import Any

from mlproject.settings import Settings
from mlproject.steps import StepInputs
from mlproject.store.migrate import migrate


class Inputs(StepInputs):
    pass


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    return {"revision": migrate(settings)}
