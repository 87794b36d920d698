"""How a training becomes what is served: the part ``conversion`` of a task file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Literal["fp32", "int8_dynamic", "int8_static", "fp16"]


class Conversion(BaseModel):
    """Forms of the model that are tried, and what one must keep to be served."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidates: tuple[Name, ...] = Field(
        ("fp32", "int8_dynamic", "int8_static", "fp16"), min_length=1
    )
    peers: bool = True  # PyTorch and OpenVINO are timed beside them
    texts: int = Field(2_000, ge=1)  # of the evaluation splits, for parity
    agreement: float = Field(0.995, ge=0, le=1)  # least share of PyTorch's labels
    loss: float = Field(0.003, ge=0)  # most of F1 and average precision, on any slice
    # Texts that may change for the worse on a slice so small that one is worth more than that.
    loss_texts: int = Field(1, ge=0)
    mixed_texts: int = Field(500, ge=1)  # asked alone and in batches
    calibration_texts: int = Field(256, ge=1)  # of the training split, for static scales
    timed_texts: int = Field(64, ge=1)  # spread over the lengths of the evaluation splits
    timing_seconds: float = Field(20.0, gt=0)  # after which no further round begins
