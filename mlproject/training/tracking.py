"""Where runs are logged: MLflow where MLFLOW_TRACKING_URI is set, else the log alone.

The record of a training is the buffer: whatever the server has not taken is sent with the next
epoch, and at the end until it is taken.
"""

import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from mlproject import stop
from mlproject.dataset.read import Dataset
from mlproject.errors import StoppedError, TryLaterError
from mlproject.training.record import NAME, Record

log = logging.getLogger(__name__)
PATIENCE = 120.0  # seconds that a finished step waits for the server
PAUSE = 3.0
FILES = (NAME, "config.json", "tokenizer.json")


class Tracker(Protocol):
    def update(self, record: Record, dataset: Dataset) -> str:
        """Send what is new; the run's id, or "" as long as there is none. Never fails."""

    def finish(self, record: Record, dataset: Dataset, folder: Path) -> str:
        """Send what is left and the folder's small files; the run's id.

        Raises:
            TryLaterError: the server was down all the while.
        """

    def end(self, run_id: str, status: str) -> None:
        """Give a run that did not finish its status: KILLED or FAILED. Never fails."""

    def attach(
        self, run_id: str, values: Mapping[str, float], files: Sequence[Path], **tags: str
    ) -> None:
        """Add metrics, files and tags to a finished run.

        Raises:
            TryLaterError: the server was down all the while.
        """


def of_environment(environ: Mapping[str, str] = os.environ) -> Tracker:
    """The tracker that the environment asks for."""
    uri = environ.get("MLFLOW_TRACKING_URI", "")
    return MlflowTracker(uri, environ.get("MLFLOW_RUN_ID", "")) if uri else LogTracker()


class LogTracker:
    """Nothing but the log lines that the steps write themselves."""

    def update(self, record: Record, dataset: Dataset) -> str:
        return ""

    def finish(self, record: Record, dataset: Dataset, folder: Path) -> str:
        return ""

    def end(self, run_id: str, status: str) -> None:
        return None

    def attach(
        self, run_id: str, values: Mapping[str, float], files: Sequence[Path], **tags: str
    ) -> None:
        return None


class MlflowTracker:
    """``run_id``: a run that ``mlflow run`` has already begun."""

    def __init__(self, uri: str, run_id: str = "") -> None:
        # One try of a few seconds: the next epoch is the next try.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        from mlflow import MlflowClient

        self.uri = uri
        self._client = MlflowClient(tracking_uri=uri)
        self._given = run_id
        self._begun = ""  # the run that has its parameters and data set
        self._sent = 0  # epochs

    def update(self, record: Record, dataset: Dataset) -> str:
        try:
            return self._send(record, dataset)
        except Exception as error:  # whatever the network gives must not end a training
            log.warning("MLflow at %s took nothing (%s): kept for later", self.uri, _short(error))
            return self._begun or record.run_id

    def finish(self, record: Record, dataset: Dataset, folder: Path) -> str:
        def send() -> str:
            run_id = self._send(record, dataset)
            for name in FILES:
                self._client.log_artifact(run_id, str(folder / name), "training")
            self._client.log_artifact(run_id, str(dataset.folder / "manifest.json"), "dataset")
            self._client.set_terminated(run_id, "FINISHED")
            return run_id

        return self._insist(send)

    def end(self, run_id: str, status: str) -> None:
        try:
            if run_id:
                self._client.set_terminated(run_id, status)
        except Exception as error:
            log.warning("MLflow at %s: run stays open (%s)", self.uri, _short(error))

    def attach(
        self, run_id: str, values: Mapping[str, float], files: Sequence[Path], **tags: str
    ) -> None:
        def send() -> str:
            from mlflow.entities import RunTag

            self._client.log_batch(
                run_id,
                metrics=_metrics(values, 0, time.time()),
                tags=[RunTag(key, value) for key, value in tags.items()],
            )
            for file in files:
                self._client.log_artifact(run_id, str(file))
            return run_id

        if run_id:
            self._insist(send)

    def _send(self, record: Record, dataset: Dataset) -> str:
        if not self._begun:
            run_id = record.run_id or self._given or self._create(record)
            self._given = run_id  # a second try goes on with the same run
            self._begin(run_id, record, dataset)
            self._begun = run_id
        for values in record.epochs[self._sent :]:
            shown = {name: value for name, value in values.items() if name != "time"}
            batch = _metrics(shown, int(values["epoch"]), values["time"])
            self._client.log_batch(self._begun, metrics=batch)
            self._sent += 1
        return self._begun

    def _create(self, record: Record) -> str:
        experiment = self._client.get_experiment_by_name(record.task)
        number = (
            experiment.experiment_id
            if experiment is not None
            else self._client.create_experiment(record.task)
        )
        name = f"{Path(record.base_model).name}-{record.dataset_id[:8]}"
        return str(self._client.create_run(number, run_name=name).info.run_id)

    def _begin(self, run_id: str, record: Record, dataset: Dataset) -> None:
        from mlflow.entities import Dataset as Input
        from mlflow.entities import DatasetInput, InputTag, Param, RunTag

        self._client.update_run(run_id, status="RUNNING")
        parameters = {"task": record.task, "base_model": record.base_model}
        parameters |= {"dataset_id": record.dataset_id, **record.hyperparameters}
        parameters |= {f"rows.{split}": number for split, number in record.rows.items()}
        tags = {"device": record.device, "base_model": record.base_model}
        tags |= {"dataset_id": record.dataset_id}
        self._client.log_batch(
            run_id,
            params=[Param(key, str(value)) for key, value in parameters.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        manifest = dataset.manifest
        entity = Input(
            name=f"{manifest.task}-{manifest.dataset_id}",
            digest=manifest.dataset_id[:36],
            source_type="local",
            source=json.dumps({"uri": str(dataset.folder.resolve())}),
            profile=json.dumps(manifest.counts),
        )
        context = InputTag("mlflow.data.context", "training")
        self._client.log_inputs(run_id, datasets=[DatasetInput(entity, [context])])

    def _insist(self, send: Any) -> str:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return str(send())
            except Exception as error:
                log.warning("MLflow at %s does not take it (%s)", self.uri, _short(error))
                if time.monotonic() > until:
                    raise TryLaterError(
                        f"MLflow at {self.uri} does not answer; what was done is kept: "
                        "run the same step again"
                    ) from None
            if stop.requested():
                raise StoppedError("stopped while waiting for MLflow; what was done is kept")
            time.sleep(PAUSE)


def _metrics(values: Mapping[str, float], step: int, when: float) -> list[Any]:
    from mlflow.entities import Metric

    return [Metric(name, value, int(when * 1000), step) for name, value in values.items()]


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:160] or type(error).__name__
