"""One file per verb: the inputs it takes, and ``run``, which wires settings to the core."""

from pydantic import BaseModel, ConfigDict


class StepInputs(BaseModel):
    """Base of every step's inputs: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TaskInputs(StepInputs):
    """Inputs of a step that works for one task file."""

    task: str = "legal"
