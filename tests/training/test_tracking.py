import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from mlproject.dataset.read import Dataset
from mlproject.errors import InputError, TryLaterError
from mlproject.training import begun, source
from mlproject.training import finish as finishing
from mlproject.training.mlflow_tracker import MlflowTracker
from mlproject.training.plan import Plan
from mlproject.training.record import Record
from mlproject.training.tracking import LogTracker, of_environment
from mlproject.training.train import train
from tests.gateway import Gateway
from tests.training.test_train import stoppable as stoppable

MakePlan = Callable[..., Plan]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr("mlproject.training.mlflow_tracker.PAUSE", 0.01)


@pytest.fixture
def nowhere() -> str:
    """An address that nobody answers on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class Interrupted(MlflowTracker):
    """The server cannot be reached until the training is over."""

    def update(self, record: Record, dataset: Dataset) -> str:
        client, self._client = self._client, MlflowClient("http://127.0.0.1:9")
        try:
            return super().update(record, dataset)
        finally:
            self._client = client


def test_the_environment_chooses() -> None:
    assert isinstance(of_environment({}), LogTracker)
    assert isinstance(of_environment({"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}), MlflowTracker)


def test_a_run_has_everything(make_plan: MakePlan, home: Path, tracking: Any, toy: Dataset) -> None:
    path, record = train(make_plan(), home, 1, MlflowTracker(tracking.url))
    client = MlflowClient(tracking.url)
    run = client.get_run(record.run_id)
    assert client.get_experiment(run.info.experiment_id).name == "legal"
    assert run.info.status == "FINISHED"
    assert run.data.params["learning_rate"] == str(record.hyperparameters["learning_rate"])
    assert run.data.params["base_model"] == run.data.tags["base_model"] == "tiny"
    assert run.data.tags["device"].startswith("cpu")
    curve = client.get_metric_history(record.run_id, "f1")
    assert [(point.step, point.value) for point in curve] == [
        (epoch["epoch"], epoch["f1"]) for epoch in record.epochs
    ]
    assert run.inputs is not None
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.profile is not None
    assert dataset.dataset.digest == toy.manifest.dataset_id
    assert json.loads(dataset.dataset.profile) == toy.manifest.counts
    files = {
        file.path
        for place in ("training", "dataset")
        for file in client.list_artifacts(record.run_id, place)
    }
    assert files == {
        *("training/training.json", "training/config.json", "training/tokenizer.json"),
        "dataset/manifest.json",
    }
    assert json.loads((path / "training.json").read_text())["run_id"] == record.run_id


def test_a_run_says_which_code_it_is_of_and_what_the_machine_did(
    make_plan: MakePlan, home: Path, tracking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.2")
    _, record = train(make_plan(epochs=6, patience=6), home, 1, MlflowTracker(tracking.url))
    run = MlflowClient(tracking.url).get_run(record.run_id)
    assert run.data.metrics["system/cpu_utilization_percentage"] >= 0
    assert run.data.metrics["system/system_memory_usage_megabytes"] > 0
    assert run.data.tags["mlflow.source.name"] == "mlproject train"
    assert run.data.tags["code_sha256"] == source.digest(source.PACKAGE)
    asked = ["git", "-C", str(source.PACKAGE), "rev-parse", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    assert run.data.tags.get("mlflow.source.git.commit", "") == commit
    assert not [each for each in threading.enumerate() if each.name == "SystemMetricsMonitor"]


def test_the_curve_of_a_pretraining_is_in_the_run(
    make_plan: MakePlan, home: Path, tracking: Any
) -> None:
    what = make_plan(pretrain=True, pretraining={"batch_tokens": 512, "max_length": 24})
    _, record = train(what, home, 1, MlflowTracker(tracking.url))
    client = MlflowClient(tracking.url)
    points = client.get_metric_history(record.run_id, "pretrain_loss")
    assert [(point.step, point.value) for point in points] == [
        (point["step"], point["loss"]) for point in record.pretrained
    ]
    assert len(points) > 1
    run = client.get_run(record.run_id)
    assert run.data.tags["pretraining"] == record.pretraining
    assert run.data.params["pretraining.batch_tokens"] == "512"
    assert len(client.get_metric_history(record.run_id, "f1")) == 2


def test_the_same_training_again_is_the_same_run(
    make_plan: MakePlan, home: Path, tracking: Any
) -> None:
    _, first = train(make_plan(), home, 1, MlflowTracker(tracking.url))
    _, again = train(make_plan(), home, 1, MlflowTracker(tracking.url))
    assert first.run_id == again.run_id


def test_a_training_that_was_not_tracked_is_logged_later(
    make_plan: MakePlan, home: Path, tracking: Any
) -> None:
    _, untracked = train(make_plan(), home, 1, LogTracker())
    assert untracked.run_id == ""
    _, record = train(make_plan(), home, 1, MlflowTracker(tracking.url))
    points = MlflowClient(tracking.url).get_metric_history(record.run_id, "train_loss")
    assert len(points) == 2


@pytest.mark.usefixtures("quick")
def test_what_an_outage_held_back_is_sent_afterwards(
    make_plan: MakePlan, home: Path, tracking: Any
) -> None:
    _, record = train(make_plan(), home, 1, Interrupted(tracking.url))
    points = MlflowClient(tracking.url).get_metric_history(record.run_id, "f1")
    assert [point.step for point in points] == [1, 2]


@pytest.mark.usefixtures("quick")
def test_a_server_that_stays_away_is_for_later_and_costs_no_training(
    make_plan: MakePlan, home: Path, nowhere: str
) -> None:
    with pytest.raises(TryLaterError, match="run the same step again"):
        train(make_plan(), home, 1, MlflowTracker(nowhere, patience=0.0))
    path, record = train(make_plan(), home, 1, LogTracker())
    assert len(record.epochs) == 2
    assert (path / "model.safetensors").is_file()


class PulledPlug(MlflowTracker):
    """The server ends after the first epoch, and comes back some time after the training."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.url)
        self.gateway = gateway

    def update(self, record: Record, dataset: Dataset) -> str:
        run_id = super().update(record, dataset)
        if len(record.epochs) == 1:
            self.gateway.close()
        return run_id

    def finish(self, record: Record, dataset: Dataset, folder: Path) -> str:
        back = threading.Timer(1.0, self.gateway.open)
        back.start()
        try:
            return super().finish(record, dataset, folder)
        finally:
            back.join()


@pytest.mark.usefixtures("quick")
def test_a_server_that_ends_in_a_training_gets_all_when_it_is_back(
    make_plan: MakePlan, home: Path, tracking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(tracking.url)
    gateway.open()
    try:
        _, record = train(make_plan(epochs=4, patience=4), home, 1, PulledPlug(gateway))
        assert caplog.text.count("took nothing") == 3
        client = MlflowClient(gateway.url)
        points = client.get_metric_history(record.run_id, "train_loss")
        assert [point.step for point in points] == [1, 2, 3, 4]
        assert client.get_run(record.run_id).info.status == "FINISHED"
    finally:
        gateway.close()


class BackSoon(MlflowTracker):
    """The server ends after the first epoch and is back before the fourth; notes what it has."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.url)
        self.gateway = gateway
        self.seen: list[int] = []

    def update(self, record: Record, dataset: Dataset) -> str:
        if len(record.epochs) == 4:
            self.gateway.open()
        run_id = super().update(record, dataset)
        if len(record.epochs) == 1:
            self.gateway.close()
        if len(record.epochs) == 4:
            history = self._client.get_metric_history(run_id, "f1")
            self.seen = [point.step for point in history]
        return run_id


@pytest.mark.usefixtures("quick")
def test_epochs_of_an_outage_are_sent_with_the_first_one_behind_it(
    make_plan: MakePlan, home: Path, tracking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(tracking.url)
    gateway.open()
    try:
        tracker = BackSoon(gateway)
        train(make_plan(epochs=4, patience=4), home, 1, tracker)
    finally:
        gateway.close()
    assert caplog.text.count("took nothing") == 2
    assert tracker.seen == [1, 2, 3, 4]


def test_values_and_files_are_added_to_a_run(tracking: Any, tmp_path: Path) -> None:
    run_id = tracking.run()
    (tmp_path / "evaluation.json").write_text("{}")
    tracker = MlflowTracker(tracking.url)
    tracker.attach(run_id, {"test.f1": 0.5}, [tmp_path / "evaluation.json"], {"gate": "true"})
    client = MlflowClient(tracking.url)
    run = client.get_run(run_id)
    assert run.data.metrics == {"test.f1": 0.5}
    assert run.data.tags["gate"] == "true"
    assert [file.path for file in client.list_artifacts(run_id)] == ["evaluation.json"]


def test_a_run_that_is_not_there_is_refused_at_once(tracking: Any) -> None:
    with pytest.raises(InputError, match="refuses"):
        MlflowTracker(tracking.url).attach("0" * 32, {"f1": 1.0}, [], {})


def test_a_run_that_mlflow_began_is_used(make_plan: MakePlan, home: Path, tracking: Any) -> None:
    run_id = tracking.run()
    _, record = train(make_plan(), home, 1, MlflowTracker(tracking.url, run_id))
    assert record.run_id == run_id


@pytest.mark.usefixtures("stoppable")
def test_a_stop_behind_the_last_epoch_is_in_the_run(
    make_plan: MakePlan, home: Path, tracking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*given: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return finishing.finish(*given)

    monkeypatch.setattr("mlproject.training.train.finish", asked)
    with pytest.raises(SystemExit, match="143"):
        train(make_plan(), home, 1, MlflowTracker(tracking.url))
    monkeypatch.undo()
    (path,) = home.iterdir()
    run_id = begun.read(path)
    client = MlflowClient(tracking.url)
    assert client.get_run(run_id).info.status == "KILLED"
    _, record = train(make_plan(), home, 1, MlflowTracker(tracking.url))
    assert record.run_id == run_id
    assert client.get_run(run_id).info.status == "FINISHED"
