"""What a student loses against its teacher as it is served: quantised, and run by onnxruntime."""

import json
from pathlib import Path

import numpy as np

from mlproject.dataset.read import Dataset
from mlproject.evaluation.metrics import compute
from mlproject.serving.predictor import Predictor
from mlproject.training.atomic import written
from mlproject.training.distillation.report import Report

NAME = "served.json"  # in the student's folder: sha256 of a model -> its losses

Losses = dict[str, dict[str, float]]  # split -> metric -> the teacher's less the file's


def judged(model: Path, student: Path, report: Report, dataset: Dataset, threads: int) -> Report:
    """The student's report with the losses of its model folder in the place of its network's."""
    path = student / NAME
    known: dict[str, Losses] = json.loads(path.read_bytes()) if path.is_file() else {}
    if model.name not in known:
        known[model.name] = _losses(Predictor(model, threads), report, dataset)
        with written(path) as partial:
            partial.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    return report.model_copy(update={"losses": known[model.name]})


def _losses(predictor: Predictor, report: Report, dataset: Dataset) -> Losses:
    manifest = predictor.manifest
    positive = None if manifest.positive is None else manifest.labels.index(manifest.positive)
    result: Losses = {}
    for split, lost in report.losses.items():
        rows = dataset.splits[split]
        labels = np.array([row.label for row in rows], dtype=np.int64)
        answers = predictor.predict([row.text for row in rows])
        found = compute(labels, answers, positive, manifest.threshold)
        result[split] = {
            name: report.metrics[split][name] + points - found[name]
            for name, points in lost.items()
        }
    return result
