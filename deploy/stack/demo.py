"""The main job, once through: import, crawl, retrain, serve, ask."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from deploy.stack import lifecycle
from deploy.stack.airflow import Airflow, RunFailedError, follow
from deploy.stack.passwords import location
from deploy.stack.programs import Stack
from deploy.stack.progress import Progress
from deploy.stack.supervisor import Supervisor
from mlproject.serving.keys import bearing
from mlproject.task import load

GPU_POOL = "one training at a time on a machine with one GPU"
DAGS = ("import_corpus", "crawl_v2ex", "retrain")


def demo(stack: Stack, data: Path | None, training: Mapping[str, Any], progress: Progress) -> None:
    """Run everything, retrain with the inputs ``training``; the stack keeps running afterwards."""
    lifecycle.up(stack, progress.say)
    airflow = prepare_airflow(stack)
    folder = {"folder": str(data.resolve())} if data else {}
    run(stack, airflow, "import_corpus", folder, progress)
    run(stack, airflow, "crawl_v2ex", {"mode": "backfill"}, progress)
    retrained, promoted = retrain(stack, airflow, training, progress)
    lifecycle.start_service(stack, progress.say)
    show_metrics(airflow.result("retrain", retrained, "evaluate"), progress)
    if promoted:
        version = str(airflow.result("retrain", retrained, "register")["version"])
        lifecycle.wait_for_version(stack, version, progress.say)
    ask(stack, load("legal").examples, progress)
    show_addresses(stack, progress)


def prepare_airflow(stack: Stack) -> Airflow:
    """A logged-in client; the pool exists and the DAGs may run."""
    airflow = Airflow(stack.address["airflow"], stack.passwords.airflow_admin)
    airflow.ensure_pool("gpu", 1, GPU_POOL)
    for dag in DAGS:
        airflow.unpause(dag)
    return airflow


def retrain(
    stack: Stack, airflow: Airflow, training: Mapping[str, Any], progress: Progress
) -> tuple[str, bool]:
    """The run, and whether its model is served now: a worse one than the champion is not."""
    try:
        return run(stack, airflow, "retrain", training, progress), True
    except RunFailedError as error:
        if error.task != "promote":
            raise
        progress.say(f"the new model is not served: {error.line}")
        return error.run, False


def run(
    stack: Stack, airflow: Airflow, dag: str, conf: Mapping[str, Any], progress: Progress
) -> str:
    """Trigger one DAG, follow it to its end, and bring the stack back if it falls over."""

    def recover() -> None:
        if not Supervisor(stack.home).alive():
            progress.say("the supervisor is gone: starting the stack again")
            lifecycle.up(stack, progress.say)

    progress.again(dag)
    name = airflow.trigger(dag, conf)
    progress.say(f"{dag} started with {dict(conf) or 'its defaults'}")
    follow(airflow, dag, name, lambda *shown: progress.show(dag, *shown), recover)
    return name


def show_metrics(evaluated: Mapping[str, Any], progress: Progress) -> None:
    """Metrics per split, and of every source of the reviewed posts."""
    report = json.loads(Path(evaluated["report"]).read_text(encoding="utf-8"))
    rows = dict(evaluated["metrics"])
    for source, metrics in report["sources"].get("in_domain", {}).items():
        rows[f"in_domain: {source}"] = metrics
    progress.say("metrics of the trained model:")
    names = ("accuracy", "precision", "recall", "f1", "average_precision")
    print(f"  {'':32}{''.join(f'{name:>19}' for name in names)}", file=progress.out)
    for split, metrics in rows.items():
        cells = "".join(_cell(metrics.get(name)) for name in names)
        print(f"  {split:32}{cells}", file=progress.out)


def _cell(value: float | None) -> str:
    return f"{'-':>19}" if value is None else f"{value:>19.3f}"


def ask(stack: Stack, texts: tuple[str, ...], progress: Progress) -> None:
    """Post the example texts and print question, label and probability."""
    url = f"{stack.address['service']}/classify"
    asked = {"texts": list(texts)}
    answer = requests.post(url, json=asked, headers=bearing(stack.settings), timeout=60)
    answer.raise_for_status()
    body = answer.json()
    progress.say(f"POST {url} answered by model version {body['model_version']}:")
    for text, result in zip(texts, body["results"], strict=True):
        print(f"  {result['label']:>14} {result['probability']:.3f}  {text}", file=progress.out)


def show_addresses(stack: Stack, progress: Progress) -> None:
    address = stack.address
    print(
        f"""
  Airflow    {address["airflow"]}   user admin, password: airflow_admin in {location(stack.home)}
  MLflow     {address["mlflow"]}
  Service    {address["service"]}/classify
  Page       {address["service"]}/ui

  make down stops everything; make up starts it again with all data kept.""",
        file=progress.out,
        flush=True,
    )
