"""Links from a task to what its step made: the MLflow run, the data set, the endpoint."""

import os
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from airflow.sdk import BaseOperator, BaseOperatorLink, BaseXCom, conf


def mlflow_url(environ: Mapping[str, str] = os.environ) -> str:
    """Where a browser finds MLflow, without credentials; empty where it is not on the web."""
    port = environ.get("MLPROJECT_MLFLOW_PORT") or 5000
    return web_address(
        environ.get("MLPROJECT_MLFLOW_URL")
        or environ.get("MLFLOW_TRACKING_URI")
        or f"http://127.0.0.1:{port}"
    )


def service_url(environ: Mapping[str, str] = os.environ) -> str:
    """Where a browser finds the classifier."""
    port = environ.get("MLPROJECT_SERVICE_PORT") or 3000
    return web_address(environ.get("MLPROJECT_SERVICE_URL") or f"http://127.0.0.1:{port}")


def web_address(url: str) -> str:
    """The http address without user, password and final slash; empty for any other."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


class ResultLink(BaseOperatorLink):
    """A link made from one key of the step's result; no such key, no link."""

    key = ""

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:
        """Called where the task ran, after it ended; the address is kept as an XCom."""
        result = BaseXCom.get_value(ti_key=ti_key, key=BaseXCom.XCOM_RETURN_KEY)
        value = result.get(self.key) if isinstance(result, dict) else None
        return self.address(quote(str(value), safe=""), ti_key) if value else ""

    @abstractmethod
    def address(self, value: str, ti_key: Any) -> str:
        """The address for the quoted value; empty for none."""


class MlflowRunLink(ResultLink):
    """The run in MLflow."""

    name = "MLflow run"
    key = "run_id"

    def address(self, value: str, ti_key: Any) -> str:
        base = mlflow_url()
        return f"{base}/#/runs/{value}" if base else ""


class DatasetLink(ResultLink):
    """The data set where MLPROJECT_DATASETS_URL shows it; otherwise its counts in Airflow."""

    name = "Data set"
    key = "dataset_id"

    def address(self, value: str, ti_key: Any) -> str:
        base = web_address(os.environ.get("MLPROJECT_DATASETS_URL", ""))
        if base:
            return f"{base}/{value}/"
        airflow = conf.get("api", "base_url", fallback="").rstrip("/")
        run, task = quote(ti_key.run_id, safe=""), quote(ti_key.task_id, safe="")
        return f"{airflow}/dags/{quote(ti_key.dag_id)}/runs/{run}/tasks/{task}/xcom"


class EndpointLink(ResultLink):
    """The page of the service that runs the champion."""

    name = "Endpoint"
    key = "champion"

    def address(self, value: str, ti_key: Any) -> str:
        return f"{service_url()}/ui"
