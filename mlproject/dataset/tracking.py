"""Data sets in MLflow, where MLFLOW_TRACKING_URI is set: their pages, manifests and suspects."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
TAG = "exported_dataset"
FILES = ("manifest.json", "profile.html", "suspects.jsonl")
# A data set that is not logged is no reason to stop: one short try.
REQUESTS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


def publish(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Log a data set once, as a run of the task's experiment; the run's id, "" without a server."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        return ""
    try:
        return _publish(uri, folder, manifest)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        log.warning("MLflow at %s took no profile of the data set (%s)", uri, reason)
        return ""


def _publish(uri: str, folder: Path, manifest: Mapping[str, Any]) -> str:
    for name, value in REQUESTS.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    task, dataset_id = manifest["task"], manifest["dataset_id"]
    experiment = client.get_experiment_by_name(f"{task}-datasets")
    number = experiment.experiment_id if experiment else None
    number = number or client.create_experiment(f"{task}-datasets")
    known = client.search_runs([number], f"tags.{TAG} = '{dataset_id}'", max_results=1)
    if known and known[0].info.status == "FINISHED":
        return str(known[0].info.run_id)
    run = known[0] if known else client.create_run(number, run_name=dataset_id)
    run_id = str(run.info.run_id)
    client.set_tag(run_id, TAG, dataset_id)
    for metric, number_of in _metrics(manifest):
        client.log_metric(run_id, metric, number_of)
    for name in FILES:
        if (folder / name).is_file():
            client.log_artifact(run_id, str(folder / name))
    for picture in sorted(folder.glob("cloud-*.png")):
        client.log_artifact(run_id, str(picture), "clouds")
    client.set_terminated(run_id)
    return run_id


def _metrics(manifest: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    yield "candidates", manifest["candidates"]
    yield "suspects", manifest["noise"]["suspects"]
    for name, file in manifest["files"].items():
        yield f"rows.{Path(name).stem}", file["rows"]
    for fate, rows in manifest["left_out"].items():
        yield f"left_out.{fate}", rows
    for name, score in manifest["biases"].items():
        if score:
            yield f"{name}_only.roc_auc", score["roc_auc"]
            yield f"{name}_only.average_precision", score["average_precision"]
