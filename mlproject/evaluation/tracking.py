"""Baselines in MLflow, where MLFLOW_TRACKING_URI is set: runs beside those of the trainings."""

import logging
import os
from collections.abc import Mapping

log = logging.getLogger(__name__)
TAG = "baseline"
# A baseline that is not logged is no reason to stop: one short try.
REQUESTS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


def publish(task: str, name: str, dataset_id: str, metrics: Mapping[str, float]) -> str:
    """Log a baseline's metrics, one run per data set; the run's id, "" without a server."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        return ""
    try:
        return _publish(uri, task, {TAG: name, "dataset_id": dataset_id}, metrics)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        log.warning("MLflow at %s took no baseline %s (%s)", uri, name, reason)
        return ""


def _publish(uri: str, task: str, tags: Mapping[str, str], metrics: Mapping[str, float]) -> str:
    for name, setting in REQUESTS.items():
        os.environ.setdefault(name, setting)
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name(task)
    number = experiment.experiment_id if experiment else client.create_experiment(task)
    wanted = " and ".join(f"tags.{key} = '{name}'" for key, name in tags.items())
    known = client.search_runs([number], wanted, max_results=1)
    title = f"{tags[TAG]}-{tags['dataset_id'][:8]}"
    run = known[0] if known else client.create_run(number, run_name=title, tags=dict(tags))
    run_id = str(run.info.run_id)
    for metric, value in metrics.items():
        if run.data.metrics.get(metric) != value:
            client.log_metric(run_id, metric, value)
    if run.info.status != "FINISHED":
        client.set_terminated(run_id)
    return run_id
