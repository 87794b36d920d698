"""Data sets on a real MLflow server."""

import pytest
from mlflow import MlflowClient

from mlproject.dataset.tracking import publish
from tests.model_fixtures import MlflowServer

from .samples import Build, mixed


def test_a_data_set_is_logged_once_with_its_files(
    make: Build, tracking: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking.url)
    built = make(mixed(40), near_duplicates=None, profile=True)
    run_id = publish(built.folder, built.manifest)
    assert publish(built.folder, built.manifest) == run_id != ""
    client = MlflowClient(tracking.url)
    names = {artifact.path for artifact in client.list_artifacts(run_id)}
    assert names == {"manifest.json", "profile.html", "suspects.jsonl", "clouds"}
    metrics = client.get_run(run_id).data.metrics
    assert metrics["candidates"] == 80
    assert metrics["rows.other"] == 40


def test_without_a_server_nothing_is_logged(make: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    built = make(mixed(20))
    assert publish(built.folder, built.manifest) == ""


def test_a_server_that_is_down_does_not_stop_an_export(
    make: Build, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    built = make(mixed(20))
    assert publish(built.folder, built.manifest) == ""
    assert "took no profile" in caplog.text
