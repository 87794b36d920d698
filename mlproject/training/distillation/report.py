"""``distillation.json``: what a student keeps of its teacher."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from mlproject.dataset.read import Example
from mlproject.evaluation.metrics import compute
from mlproject.training.atomic import written
from mlproject.training.distillation.plan import Plan
from mlproject.training.folder import Trained
from mlproject.training.predict import probabilities
from mlproject.training.tokens import Tokens, encode, prepare

NAME = "distillation.json"
SPLITS = ("test", "in_domain")
METRICS = ("f1", "average_precision")
BATCH = 128  # texts


class Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    teacher: str  # name of its folder
    layers: int
    texts: int  # that the student learnt from
    metrics: dict[str, dict[str, float]]  # split -> metric
    losses: dict[str, dict[str, float]]  # the teacher's less the student's

    def reason(self, most: float) -> str:
        """Why the student is not served; empty where it is."""
        worst = max(
            ((loss, metric, split) for split, found in self.losses.items()
             for metric, loss in found.items()),
            default=None,
        )  # fmt: skip
        if worst is None:
            return (
                f"the data set has no texts in {' or '.join(SPLITS)} to compare the student with "
                "its teacher on: export it with such a split"
            )
        if worst[0] <= most + 1e-9:
            return ""
        return (
            f"the student loses {100 * worst[0]:.2f} points of {worst[1]} on {worst[2]}, at most "
            f"{100 * most:g} may go"
        )


def compare(what: Plan, student: Trained, texts: int) -> Report:
    """Both networks on the splits that neither has seen, each with its own threshold."""
    metrics: dict[str, dict[str, float]] = {}
    losses: dict[str, dict[str, float]] = {}
    for split in SPLITS:
        if rows := what.dataset.splits.get(split):
            before, after = (_measured(each, rows, what) for each in (what.teacher, student))
            metrics[split] = after
            losses[split] = {name: before[name] - after[name] for name in METRICS if name in before}
    return Report(
        teacher=what.folder.name,
        layers=what.options.layers,
        texts=texts,
        metrics=metrics,
        losses=losses,
    )


def _measured(network: Trained, rows: Sequence[Example], what: Plan) -> dict[str, float]:
    device = next(network.model.parameters()).device
    tokenizer = prepare(network.tokenizer, network.record.max_length)
    tokens: Tokens = encode([row.text for row in rows], tokenizer, device)
    found = probabilities(network.model, tokens, BATCH, what.values.precision)
    labels = np.array([row.label for row in rows], dtype=np.int64)
    return compute(labels, found, what.positive, network.record.threshold)


def write(folder: Path, report: Report) -> None:
    with written(folder / NAME) as partial:
        partial.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> Report | None:
    """None where the student is not finished."""
    path = folder / NAME
    return Report.model_validate_json(path.read_bytes()) if path.is_file() else None
