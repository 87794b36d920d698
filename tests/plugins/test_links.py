"""Addresses shown on a task and in the navigation."""

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import BaseXCom
from step import links
from step.links import DatasetLink, EndpointLink, MlflowRunLink, mlflow_url, service_url

TI: Any = SimpleNamespace(dag_id="retrain", run_id="manual__1+1", task_id="train", map_index=-1)


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the task returned; the server that keeps it needs a whole Airflow."""
    returned: dict[str, Any] = {}
    monkeypatch.setattr(BaseXCom, "get_value", lambda **asked: returned)
    return returned


def link(kind: type[links.ResultLink]) -> str:
    return kind().get_link(SimpleNamespace(), ti_key=TI)  # type: ignore[arg-type]


def test_the_mlflow_run(result: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:password@mlflow:5000/")
    result["run_id"] = "abc"

    assert link(MlflowRunLink) == "http://mlflow:5000/#/runs/abc"


def test_no_key_no_link(result: dict[str, Any]) -> None:
    assert [link(kind) for kind in (MlflowRunLink, DatasetLink, EndpointLink)] == ["", "", ""]


def test_the_data_set(result: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    result["dataset_id"] = "d1"

    assert link(DatasetLink).endswith("/dags/retrain/runs/manual__1%2B1/tasks/train/xcom")

    monkeypatch.setenv("MLPROJECT_DATASETS_URL", "http://files/datasets/")
    assert link(DatasetLink) == "http://files/datasets/d1/"


def test_the_endpoint(result: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPROJECT_SERVICE_URL", "https://classify.example")
    result["champion"] = 3

    assert link(EndpointLink) == "https://classify.example/ui"


def test_addresses_come_from_the_most_special_setting() -> None:
    everything = {
        "MLPROJECT_MLFLOW_URL": "https://mlflow.example/",
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
        "MLPROJECT_MLFLOW_PORT": "5001",
        "MLPROJECT_SERVICE_PORT": "3009",
    }

    assert mlflow_url(everything) == "https://mlflow.example"
    assert mlflow_url({"MLPROJECT_MLFLOW_PORT": "5001"}) == "http://127.0.0.1:5001"
    assert mlflow_url({"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}) == ""
    assert mlflow_url({}) == "http://127.0.0.1:5000"
    assert service_url(everything) == "http://127.0.0.1:3009"
