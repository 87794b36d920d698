"""How a student learns: the part ``distillation`` of a task file."""

from pydantic import BaseModel, ConfigDict, Field


class Distillation(BaseModel):
    """Values that are null are the teacher's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    serve: bool = True  # the student in the teacher's place, where it loses no more than `loss`
    loss: float = Field(0.01, ge=0)  # most of F1 and average precision, on test and in_domain
    layers: int = Field(3, ge=1)
    temperature: float = Field(2.0, gt=0)  # of both networks' softmax
    epochs: int = Field(3, ge=1)
    batch_size: int | None = Field(None, ge=1)  # texts
    learning_rate: float | None = Field(None, gt=0)
    max_unlabelled: int = Field(100_000, ge=0)  # texts under no label, beside the training texts
