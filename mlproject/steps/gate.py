"""Verb ``gate``: whether an evaluated model may be served; its exit code is 0 either way."""

import logging
from pathlib import Path
from typing import Any

from mlproject.errors import InputError
from mlproject.evaluation import report as reports
from mlproject.evaluation.gate import decide
from mlproject.settings import Settings
from mlproject.steps import TaskInputs
from mlproject.task import load
from mlproject.training.tracking import of_environment

log = logging.getLogger(__name__)


class Inputs(TaskInputs):
    report: Path  # evaluation.json


def run(inputs: Inputs, settings: Settings) -> dict[str, Any]:
    task = load(inputs.task)
    evaluation = reports.read(inputs.report)
    if evaluation["task"] != task.name:
        raise InputError(
            f"report {inputs.report} is of task {evaluation['task']!r}, not of {task.name!r}"
        )
    champion = evaluation["champion"]
    measured = dict(evaluation["metrics"])
    if evaluation["behaviour"] is not None:
        rates = evaluation["behaviour"]["rates"]
        measured["behaviour"] = {name: rate["rate"] for name, rate in rates.items()}
    decision = decide(measured, champion and champion["differences"], task.gate)
    path = inputs.report.with_name("gate.json").resolve()
    facts = {
        "format": 2,
        "task": task.name,
        "model_sha256": evaluation["model_sha256"],
        "dataset_id": evaluation["dataset_id"],
        "champion": champion and champion["version"],
        "rules": task.gate.model_dump(),
    }
    reports.write(path, {**decision, **facts})
    for check in decision["checks"]:
        log.info(
            "%s: %s %s %.4f, at least %.4f by rule %s",
            "passed" if check["passed"] else "FAILED",
            *(check["split"], check["metric"], check["value"], check["bound"], check["rule"]),
        )
    log.info("gate %s: %s", path, "passed" if decision["passed"] else "not passed")
    tags = {"gate_passed": str(decision["passed"]).lower()}
    of_environment().attach(evaluation["run_id"], {}, [path], tags)
    return {"gate": str(path), "passed": decision["passed"], "reasons": decision["reasons"]}
