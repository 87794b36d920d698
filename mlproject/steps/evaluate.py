"""Verb ``evaluate``: how good a model folder is, in its served form, beside other models."""

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlproject.dataset import read
from mlproject.dataset.clean import clean
from mlproject.dataset.read import Dataset
from mlproject.errors import InputError
from mlproject.evaluation import artifacts, behaviour, rivals, slices, table, tracking
from mlproject.evaluation import report as reports
from mlproject.evaluation.answers import Answers
from mlproject.evaluation.behaviour import Case
from mlproject.evaluation.examine import Incumbent, examine
from mlproject.evaluation.model import Model
from mlproject.evaluation.names import baseline_metrics, flat
from mlproject.evaluation.report import Evaluation
from mlproject.evaluation.slices import Slice
from mlproject.packaging.manifest import Manifest
from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import Task, beside, load
from mlproject.training.tracking import of_environment

log = logging.getLogger(__name__)
FORMAT = 2  # counts up when the same texts and answers would give other metrics


class Inputs(TaskInputs):
    model: Path  # folder
    dataset: str = ""  # folder or id; the one that the model was trained on by default


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    predictor = Predictor(inputs.model, settings.threads)
    manifest = predictor.manifest
    dataset = _dataset(inputs, task, manifest, settings)
    parts = slices.of(dataset.splits, task.evaluation.titles, task.evaluation.openers)
    if not parts:
        raise InputError(f"data set {dataset.folder} has no texts outside of split 'train'")
    model = _model("model", predictor, dataset, settings)
    champion = _champion(task, dataset, settings)
    baselines = _baselines(inputs, task, dataset, model, parts, settings)
    findings = examine(
        model=model,
        labels=manifest.labels,
        slices=parts,
        cases=_cases(inputs, task, manifest),
        learnt=dataset.splits.get("train", []),
        champion=champion,
        baselines=baselines,
    )
    evaluation = Evaluation(
        **findings,
        format=FORMAT,
        task=task.name,
        model_sha256=manifest.model_sha256,
        run_id=manifest.run_id,
        dataset_id=dataset.manifest.dataset_id,
        threshold=manifest.threshold,
    )
    path = _folder(manifest, dataset, settings) / "evaluation.json"
    reports.write(path, evaluation)
    shown = [model, *([champion.model] if champion else []), *baselines]
    rows = {split: len(examples) for split, examples in dataset.splits.items()}
    folder = path.with_name(artifacts.FOLDER)
    artifacts.write(folder, task, evaluation, shown, parts, _facts(manifest), rows)
    _log(path, evaluation)
    _track(task, evaluation, baselines, [path, folder])
    return {"report": str(path), "metrics": evaluation["metrics"]}


def _dataset(inputs: Inputs, task: Task, manifest: Manifest, settings: Settings) -> Dataset:
    wanted = inputs.dataset or manifest.dataset_id
    home = settings.home.resolve() / "datasets"
    dataset = read.load(read.find(wanted, home, task.name))
    if manifest.labels != dataset.manifest.labels:
        raise InputError(
            f"model {manifest.model_sha256[:16]} has the labels {list(manifest.labels)}, data set "
            f"{dataset.folder} has {list(dataset.manifest.labels)}: they must be the same"
        )
    return dataset


def _folder(manifest: Manifest, dataset: Dataset, settings: Settings) -> Path:
    name = f"{manifest.model_sha256[:16]}-{dataset.manifest.dataset_id}"
    return settings.home.resolve() / "evaluations" / name


def _model(name: str, predictor: Predictor, dataset: Dataset, settings: Settings) -> Model:
    """What it answers is kept: a champion was a candidate once, on the same data set or not."""
    manifest = predictor.manifest
    signature = " ".join(
        map(str, (*sorted(manifest.files.items()), manifest.max_length, manifest.temperature))
    )
    path = _folder(manifest, dataset, settings) / "answers.npz"
    positive = None if manifest.positive is None else manifest.labels.index(manifest.positive)
    answers = Answers(path, signature, predictor.predict)
    return Model(name, answers, positive, manifest.threshold)


def _cases(inputs: Inputs, task: Task, manifest: Manifest) -> list[Case]:
    """The behavioural suite as the model is served it: cleaned."""
    name = task.evaluation.behaviour
    if name is None:
        return []
    cases = behaviour.load(beside(inputs.task, name), manifest.labels)
    cleaning = manifest.cleaning
    if cleaning is None:
        return cases
    return [
        replace(case, texts=tuple(clean(text, cleaning) for text in case.texts)) for case in cases
    ]


def _champion(task: Task, dataset: Dataset, settings: Settings) -> Incumbent | None:
    """The present champion; None where there is none."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return None
    from mlproject.packaging.registry import champion_folder

    answer = champion_folder(task, settings)
    if answer is None:
        return None
    version, folder = answer
    predictor = Predictor(folder, settings.threads)
    if predictor.manifest.labels != dataset.manifest.labels:
        log.warning("champion %s has other labels and is not compared", version)
        return None
    model = _model(f"champion {version}", predictor, dataset, settings)
    return Incumbent(version, predictor.manifest.model_sha256, model)


def _baselines(
    inputs: Inputs,
    task: Task,
    dataset: Dataset,
    model: Model,
    parts: list[Slice],
    settings: Settings,
) -> list[Model]:
    options = task.evaluation.baselines
    home = settings.home.resolve() / "baselines" / dataset.manifest.dataset_id
    models = rivals.simple(options, dataset, model.positive, home)
    if settings.llm_url and options.prompt is not None:
        prompt = beside(inputs.task, options.prompt).read_text(encoding="utf-8")
        labels = dataset.manifest.labels
        if asked := rivals.asked(settings, prompt, labels, model.positive, parts):
            models.append(asked)
    return models


def _facts(manifest: Manifest) -> Mapping[str, Any]:
    return {
        "base model": f"`{manifest.base_model}`",
        "model": f"`{manifest.model_sha256[:16]}`, run `{manifest.run_id or 'not tracked'}`",
        "data set": f"`{manifest.dataset_id}`",
        "longest text": f"{manifest.max_length} tokens",
        "threshold": manifest.threshold,
        "temperature": manifest.temperature,
        "made": f"{manifest.created:%Y-%m-%d}",
    }


def _log(path: Path, evaluation: Evaluation) -> None:
    log.info("evaluation %s\n%s", path, table.render(evaluation["parts"]))
    if behaved := evaluation["behaviour"]:
        log.info("behavioural suite\n%s", table.capabilities(evaluation))
        if behaved["learnt"]:
            log.warning("%d texts of the suite are in the training data", behaved["learnt"])
    log.info("comparison\n%s", table.comparison(evaluation["comparison"]))


def _track(task: Task, evaluation: Evaluation, baselines: list[Model], files: list[Path]) -> None:
    of_environment().attach(evaluation["run_id"], flat(evaluation), files, artifacts.TAGS)
    for baseline in baselines:
        values = baseline_metrics(evaluation["comparison"][baseline.name])
        tracking.publish(task.name, baseline.name, evaluation["dataset_id"], values)
