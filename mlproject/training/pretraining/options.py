"""How a pretraining is done: the part ``training.pretraining`` of a task file."""

from pydantic import BaseModel, ConfigDict, Field


class Pretraining(BaseModel):
    """Defaults of one pretraining; they do not depend on those of the training after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(1, ge=1)  # passes over all texts
    steps: int | None = Field(None, ge=1)  # batches at most
    # The learning rate has come down by then. Where this ends it, the weights depend on the
    # machine's pace.
    max_minutes: float | None = Field(None, gt=0)
    max_texts: int | None = Field(None, ge=2)
    max_length: int = Field(256, ge=8, le=512)  # tokens
    batch_tokens: int = Field(8_192, ge=512)
    mask_share: float = Field(0.15, gt=0, lt=1)  # of the tokens
    whole_words: bool = True  # as jieba finds them; else each piece by itself
    learning_rate: float = Field(5e-5, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup_fraction: float = Field(0.1, ge=0, le=1)
    dropout: float = Field(0.0, ge=0, lt=1)  # few epochs cannot be learnt by heart
