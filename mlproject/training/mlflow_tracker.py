"""Runs in MLflow. The only module of the training that imports it."""

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset as Input
from mlflow.entities import DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from mlproject import stop
from mlproject.dataset.read import Dataset
from mlproject.errors import InputError, StoppedError, TryLaterError
from mlproject.training import source
from mlproject.training.record import NAME, Record
from mlproject.training.system_metrics import SystemMetrics

log = logging.getLogger(__name__)
PATIENCE = 120.0  # seconds that a finished step waits for the server
PAUSE = 3.0
MOST_METRICS = 900  # of one request; the server takes 1,000
FILES = (NAME, "config.json", "tokenizer.json")
# One try of a few seconds: the next epoch is the next try.
REQUESTS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


# MLflow's page then shows trainings, not conversations with a language model.
PAGE = {"mlflow.experimentKind": "custom_model_development"}


class MlflowTracker:
    """``run_id``: a run that ``mlflow run`` has already begun."""

    def __init__(self, uri: str, run_id: str = "", patience: float = PATIENCE) -> None:
        for name, value in REQUESTS.items():
            os.environ.setdefault(name, value)
        self.uri, self.patience = uri, patience
        self._client = MlflowClient(tracking_uri=uri)
        self._given = run_id
        self._begun = ""  # the run that has its parameters and data set
        self._sent = 0  # epochs
        self._sent_pretrained = 0  # points of the curve
        self._system = SystemMetrics(uri)

    def update(self, record: Record, dataset: Dataset) -> str:
        try:
            run_id = self._send(record, dataset)
            self._system.follow(run_id)
            return run_id
        except Exception as error:  # whatever the network gives must not end a training
            log.warning("MLflow at %s took nothing (%s): kept for later", self.uri, _short(error))
            return self._begun or record.run_id

    def finish(self, record: Record, dataset: Dataset, folder: Path) -> str:
        self._system.stop()

        def send() -> str:
            run_id = self._send(record, dataset)
            for name in FILES:
                self._client.log_artifact(run_id, str(folder / name), "training")
            self._client.log_artifact(run_id, str(dataset.folder / "manifest.json"), "dataset")
            self._client.set_terminated(run_id, "FINISHED")
            return run_id

        return self._insist(send)

    def knows(self, run_id: str) -> bool:
        try:
            return bool(run_id) and self._client.get_run(run_id).info.lifecycle_stage == "active"
        except Exception as error:
            return not _refused(error)

    def end(self, run_id: str, status: str) -> None:
        self._system.stop()
        try:
            if run_id:
                self._client.set_terminated(run_id, status)
        except Exception as error:
            log.warning("MLflow at %s: the run stays open (%s)", self.uri, _short(error))

    def attach(
        self,
        run_id: str,
        values: Mapping[str, float],
        files: Sequence[Path],
        tags: Mapping[str, str],
    ) -> None:
        def send() -> str:
            metrics = _metrics(values, 0, time.time())
            for begin in range(0, len(metrics), MOST_METRICS):
                self._client.log_batch(run_id, metrics=metrics[begin : begin + MOST_METRICS])
            if tags:
                named = [RunTag(key, value) for key, value in tags.items()]
                self._client.log_batch(run_id, tags=named)
            for file in files:
                if file.is_dir():
                    self._client.log_artifacts(run_id, str(file), file.name)
                else:
                    self._client.log_artifact(run_id, str(file))
            return run_id

        if run_id:
            self._insist(send)

    def _send(self, record: Record, dataset: Dataset) -> str:
        if not self._begun:
            run_id = record.run_id or self._given
            if not self.knows(run_id):
                run_id = self._create(record)
            self._given = run_id  # a second try goes on with the same run
            self._begin(run_id, record, dataset)
            self._begun = run_id
        self._send_pretrained(record.pretrained)
        for values in record.epochs[self._sent :]:
            shown = {name: value for name, value in values.items() if name != "time"}
            batch = _metrics(shown, int(values["epoch"]), values["time"])
            self._client.log_batch(self._begun, metrics=batch)
            self._sent += 1
        return self._begun

    def _send_pretrained(self, curve: Sequence[Mapping[str, float]]) -> None:
        for point in curve[self._sent_pretrained :]:
            shown = {
                f"pretrain_{name}": value
                for name, value in point.items()
                if name not in ("step", "time")
            }
            batch = _metrics(shown, int(point["step"]), point["time"])
            self._client.log_batch(self._begun, metrics=batch)
            self._sent_pretrained += 1

    def _create(self, record: Record) -> str:
        experiment = self._client.get_experiment_by_name(record.task)
        number = experiment.experiment_id if experiment else None
        number = number or self._client.create_experiment(record.task, tags=PAGE)
        name = f"{Path(record.base_model).name}-{record.dataset_id[:8]}"
        run = self._client.create_run(number, tags=source.tags(), run_name=name)
        return str(run.info.run_id)

    def _begin(self, run_id: str, record: Record, dataset: Dataset) -> None:
        self._client.update_run(run_id, status="RUNNING")
        tags = {"device": record.device, "base_model": record.base_model}
        tags |= {"dataset_id": record.dataset_id}
        if record.pretraining:
            tags["pretraining"] = record.pretraining
        self._client.log_batch(
            run_id,
            params=[Param(key, str(value)) for key, value in _parameters(record).items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        self._client.log_inputs(run_id, datasets=[_input(dataset)])

    def _insist(self, send: Callable[[], str]) -> str:
        until = time.monotonic() + self.patience
        while True:
            try:
                return send()
            except Exception as error:
                if _refused(error):
                    raise InputError(f"MLflow at {self.uri} refuses: {_short(error)}") from None
                log.warning("MLflow at %s does not answer (%s)", self.uri, _short(error))
            if time.monotonic() > until:
                raise TryLaterError(
                    f"MLflow at {self.uri} does not answer; what was done is kept: "
                    "run the same step again"
                )
            if stop.requested():
                raise StoppedError("stopped while waiting for MLflow; what was done is kept")
            time.sleep(PAUSE)


def _parameters(record: Record) -> dict[str, object]:
    named = {"task": record.task, "base_model": record.base_model, "dataset_id": record.dataset_id}
    rows = {f"rows.{split}": number for split, number in record.rows.items()}
    pretraining = record.hyperparameters.get("pretraining", {})
    values = {key: value for key, value in record.hyperparameters.items() if key != "pretraining"}
    values |= {f"pretraining.{key}": value for key, value in pretraining.items()}
    return {**named, **values, **rows}


def _input(dataset: Dataset) -> DatasetInput:
    manifest = dataset.manifest
    entity = Input(
        name=f"{manifest.task}-{manifest.dataset_id}",
        digest=manifest.dataset_id[:36],
        source_type="local",
        source=json.dumps({"uri": dataset.folder.resolve().as_uri()}),
        profile=json.dumps(manifest.counts),
    )
    return DatasetInput(entity, [InputTag("mlflow.data.context", "training")])


def _metrics(values: Mapping[str, float], step: int, when: float) -> list[Metric]:
    return [Metric(name, value, int(when * 1000), step) for name, value in values.items()]


def _refused(error: Exception) -> bool:
    """Whether the server answered that the request is wrong, rather than not at all."""
    if not isinstance(error, MlflowException):
        return False
    status: int = error.get_http_status_code()  # type: ignore[no-untyped-call]
    return status in (400, 401, 403, 404)


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:160] or type(error).__name__
