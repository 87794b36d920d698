"""Verb ``promote``: the version becomes the champion, if its gate passed."""

from typing import Any

from pydantic import Field

from mlproject.packaging.promotion import Move, promote
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load


class Inputs(TaskInputs):
    version: str = Field(coerce_numbers_to_str=True)
    approved_by: str = ""  # a person who answers for a version that the gate held back
    reason: str = ""


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    name = load(inputs.task).registered_model
    move = Move("promote", inputs.approved_by.strip(), inputs.reason)
    return promote(name, inputs.version, move, settings)
