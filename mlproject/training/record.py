"""``training.json``: what a training was given and what came out, epoch by epoch."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlproject.errors import InputError
from mlproject.settings import describe
from mlproject.training.atomic import written

NAME = "training.json"
# No measure of quality.
PACE = frozenset({"epoch", "learning_rate", "texts_per_second", "peak_memory_mib", "time"})


class Record(BaseModel):
    """One training. It is finished when the file is there."""

    model_config = ConfigDict(frozen=True)

    format: int = 1
    task: str
    labels: tuple[str, ...]
    positive: str | None
    dataset_id: str
    run_id: str = ""  # of MLflow; empty where nothing is tracked
    base_model: str
    hyperparameters: dict[str, Any]
    max_length: int
    rows: dict[str, int]  # texts by split
    device: str
    seconds: float = 0.0  # spent in epochs, over all restarts
    # epoch, train_loss, learning_rate, texts_per_second, peak_memory_mib (of process or
    # GPU), time (Unix seconds) and the validation's accuracy, precision, recall, f1,
    # average_precision
    epochs: tuple[dict[str, float], ...] = ()
    best_epoch: int = Field(0, ge=0)  # 0: none yet
    # Chosen on the validation split when the epochs are over; the weights have the first two in
    # them already.
    temperature: float = Field(1.0, gt=0)
    ngram_share: float = Field(0.0, ge=0)
    threshold: float = Field(0.5, ge=0, le=1)
    calibrated: dict[str, float] = Field(default_factory=dict)  # scores with all of that
    pretraining: str = ""  # key of the pretraining that it started from
    pretrained: tuple[dict[str, float], ...] = ()  # that one's curve

    @property
    def metrics(self) -> dict[str, float]:
        """How good the result is on the validation split, and the best epoch's training loss."""
        best = next((values for values in self.epochs if values["epoch"] == self.best_epoch), {})
        return {name: value for name, value in best.items() if name not in PACE} | self.calibrated

    def write(self, folder: Path) -> None:
        with written(folder / NAME) as partial:
            partial.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> Record:
    """The record of a finished training.

    Raises:
        InputError: there is none, or it does not fit.
    """
    try:
        return Record.model_validate_json((folder / NAME).read_bytes())
    except OSError as error:
        raise InputError(f"training {folder}: {error.strerror}: {NAME}") from None
    except ValidationError as error:
        raise InputError(f"training {folder / NAME}: {describe(error)}") from None
