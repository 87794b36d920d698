"""Verb ``evaluate``: metrics of a model folder, in its served form, beside the champion's."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlproject.dataset import read
from mlproject.dataset.read import Dataset
from mlproject.errors import InputError
from mlproject.evaluation import report as reports
from mlproject.evaluation.report import Champion, Evaluation
from mlproject.evaluation.slices import Report, evaluate
from mlproject.evaluation.table import render
from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import Task, load
from mlproject.training.tracking import of_environment

log = logging.getLogger(__name__)
FORMAT = 1  # counts up when the same texts and answers would give other metrics


class Inputs(TaskInputs):
    model: Path  # folder
    dataset: str = ""  # folder or id; the one that the model was trained on by default


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    home = settings.home.resolve()
    predictor = Predictor(inputs.model, settings.threads)
    manifest = predictor.manifest
    wanted = inputs.dataset or manifest.dataset_id
    dataset = read.load(read.find(wanted, home / "datasets", task.name))
    folder = f"{manifest.model_sha256[:16]}-{dataset.manifest.dataset_id}"
    path = home / "evaluations" / folder / "evaluation.json"
    found = _known(path, manifest.threshold) or _measure(predictor, dataset)
    evaluation = Evaluation(
        format=FORMAT,
        task=task.name,
        model_sha256=manifest.model_sha256,
        run_id=manifest.run_id,
        dataset_id=dataset.manifest.dataset_id,
        threshold=manifest.threshold,
        metrics=found["metrics"],
        sources=found["sources"],
        champion=_champion(task, dataset, settings, manifest.model_sha256, found),
    )
    reports.write(path, evaluation)
    log.info("evaluation %s\n%s", path, render(_lines(evaluation)))
    of_environment().attach(manifest.run_id, _flat(evaluation), [path], {})
    return {"report": str(path), "metrics": found["metrics"]}


def _known(path: Path, threshold: float) -> Report | None:
    """What an earlier call measured; the folder's name is that of model and data set."""
    if not path.is_file():
        return None
    known = reports.read(path)
    if (known["format"], known["threshold"]) != (FORMAT, threshold):
        return None
    return Report(metrics=known["metrics"], sources=known["sources"])


def _measure(predictor: Predictor, dataset: Dataset) -> Report:
    manifest = predictor.manifest
    if manifest.labels != dataset.manifest.labels:
        raise InputError(
            f"model {manifest.model_sha256[:16]} has the labels {list(manifest.labels)}, data set "
            f"{dataset.folder} has {list(dataset.manifest.labels)}: they must be the same"
        )
    positive = None if manifest.positive is None else manifest.labels.index(manifest.positive)
    found = evaluate(dataset.splits, predictor.predict, positive, manifest.threshold)
    if not found["metrics"]:
        raise InputError(f"data set {dataset.folder} has no texts outside of split 'train'")
    return found


def _champion(
    task: Task, dataset: Dataset, settings: Settings, model_sha256: str, found: Report
) -> Champion | None:
    """The present champion on the same texts; None where there is none."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return None
    from mlproject.packaging.registry import champion_folder

    answer = champion_folder(task, settings)
    if answer is None:
        return None
    version, folder = answer
    predictor = Predictor(folder, settings.threads)
    sha256 = predictor.manifest.model_sha256
    if predictor.manifest.labels != dataset.manifest.labels:
        log.warning("champion %s has other labels and is not compared", version)
        return None
    same = sha256 == model_sha256
    metrics = found["metrics"] if same else _measure(predictor, dataset)["metrics"]
    return Champion(version=version, model_sha256=sha256, metrics=metrics)


def _lines(evaluation: Evaluation) -> dict[str, Mapping[str, float]]:
    lines: dict[str, Mapping[str, float]] = {}
    for split, values in evaluation["metrics"].items():
        lines[split] = values
        for source, part in evaluation["sources"][split].items():
            lines[f"{split} / {source}"] = part
    if evaluation["champion"] is not None:
        for split, values in evaluation["champion"]["metrics"].items():
            lines[f"champion {evaluation['champion']['version']}: {split}"] = values
    return lines


def _flat(evaluation: Evaluation) -> dict[str, float]:
    """Names as MLflow shows them: SPLIT.METRIC, and champion.SPLIT.METRIC."""
    parts: Sequence[tuple[str, Mapping[str, Mapping[str, float]]]] = [("", evaluation["metrics"])]
    if evaluation["champion"] is not None:
        parts = [*parts, ("champion.", evaluation["champion"]["metrics"])]
    return {
        f"{prefix}{split}.{metric}": value
        for prefix, metrics in parts
        for split, values in metrics.items()
        for metric, value in values.items()
    }
