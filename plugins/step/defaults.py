"""What all DAGs share: how tasks are retried, and the form field that names the task file."""

from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from step.environment import ROOT

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "engineer",
    "retries": 3,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=1),
}

TASK = Param(
    "legal",
    type="string",
    minLength=1,
    examples=sorted(file.stem for file in (ROOT / "mlproject" / "tasks").glob("*.yaml")),
    title="Task",
    description="The classifier: a name in mlproject/tasks/ or the path of a YAML file.",
    section="Data",
)
