"""The files of an evaluation for people: tables, pictures, the worst errors, the model card."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlproject.evaluation import card, pictures, report, table, worst
from mlproject.evaluation.model import Model
from mlproject.evaluation.report import Evaluation
from mlproject.evaluation.slices import Slice
from mlproject.task import Task

FOLDER = "evaluation"  # beside evaluation.json, and in the run's artifacts
ERRORS = "worst_errors.json"
METRICS = ("average_precision", "f1")  # of the picture of the comparison
# MLflow shows the artifacts that this tag names as tables.
TAGS = {"mlflow.loggedArtifacts": json.dumps([{"path": f"{FOLDER}/{ERRORS}", "type": "table"}])}


def write(
    folder: Path,
    task: Task,
    evaluation: Evaluation,
    models: Sequence[Model],
    slices: Sequence[Slice],
    facts: Mapping[str, Any],
    rows: Mapping[str, int],
) -> None:
    """Everything into ``folder``. The first of ``models`` is the one that was evaluated."""
    model = models[0]
    report.write_text(folder / "comparison.txt", table.comparison(evaluation["comparison"]) + "\n")
    several = (table.render(evaluation["parts"]), table.intervals(evaluation["parts"]))
    report.write_text(folder / "slices.txt", "\n\n".join(several) + "\n")
    report.write_text(folder / "model_card.md", card.render(task, evaluation, facts, rows))
    if evaluation["behaviour"] is not None:
        report.write_text(folder / "behaviour.txt", table.capabilities(evaluation) + "\n")
        report.write(folder / "behaviour_failures.json", evaluation["behaviour"]["failures"])
    names = task.labels
    errors = worst.errors(slices, model.answers, names, model.positive, model.threshold)
    report.write(folder / ERRORS, errors)
    for split, labels in evaluation["labels"].items():
        picture = folder / f"confusion_{split}.png"
        pictures.confusion(picture, labels["confusion"], names, f"Confusion on {split}")
    whole = [each for each in models if not each.only]
    for part in slices:
        if not part.kind and part.split != "validation":
            _curves(folder, part, whole)
    if any(name != "behaviour" for name in evaluation["comparison"].get("model", {})):
        pictures.comparison(folder / "comparison.png", evaluation["comparison"], METRICS)


def _curves(folder: Path, part: Slice, models: Sequence[Model]) -> None:
    positive = models[0].positive
    curves = {model.name: (part.labels, model.answers.of(part.texts)) for model in models}
    if positive is not None:
        path, title = (
            folder / f"precision_recall_{part.split}.png",
            f"Precision and recall on {part.split}",
        )
        pictures.precision_recall(path, curves, positive, title)
    path = folder / f"reliability_{part.split}.png"
    first = {models[0].name: curves[models[0].name]}
    pictures.reliability(path, first, positive, f"Reliability on {part.split}")
