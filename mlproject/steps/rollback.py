"""Verb ``rollback``: an earlier version becomes the champion again."""

from typing import Any

from pydantic import Field

from mlproject.packaging.promotion import Move, rollback
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load


class Inputs(TaskInputs):
    version: str | None = Field(None, coerce_numbers_to_str=True)  # default: alias previous
    by: str = ""
    reason: str = ""


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    name = load(inputs.task).registered_model
    move = Move("rollback", inputs.by.strip(), inputs.reason)
    return rollback(name, inputs.version, move, settings)
