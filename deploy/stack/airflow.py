"""Airflow's REST API, used as its own page uses it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from mlproject.errors import InputError, TryLaterError

FINAL = ("success", "failed", "skipped", "upstream_failed", "removed")
PATIENCE = 180.0  # seconds that the server may be away before that is an error


class RunFailedError(InputError):
    """A DAG run failed: in which task, with which last line."""

    def __init__(self, dag: str, run: str, task: str, line: str) -> None:
        super().__init__(f"{dag} failed at {task}: {line}")
        self.run, self.task, self.line = run, task, line


@dataclass(frozen=True)
class TaskState:
    name: str
    state: str
    seconds: float
    attempt: int


class Airflow:
    """One logged-in user. Survives restarts of the server; asks for a new token when it must."""

    def __init__(self, address: str, password: str, user: str = "admin") -> None:
        self.address = address
        self._login = {"username": user, "password": password}
        self._session = requests.Session()

    def unpause(self, dag: str) -> None:
        """Let runs of a DAG start, once Airflow has read its file."""
        deadline = time.monotonic() + PATIENCE
        while self._call("PATCH", f"dags/{dag}", {"is_paused": False}, missing=True) is None:
            if time.monotonic() > deadline:
                raise TryLaterError(f"Airflow has no DAG {dag!r}: see the dag-processor's log")
            time.sleep(1)

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        pool = {"name": name, "slots": slots, "description": description}
        if self._call("GET", f"pools/{name}", missing=True) is None:
            self._call("POST", "pools", {**pool, "include_deferred": False})

    def trigger(self, dag: str, conf: Mapping[str, Any]) -> str:
        """Start a run with these params; returns its id."""
        started = self._call("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})
        return str(started["dag_run_id"])

    def run_state(self, dag: str, run: str) -> str:
        return str(self._call("GET", f"dags/{dag}/dagRuns/{run}")["state"])

    def tasks(self, dag: str, run: str) -> list[TaskState]:
        """The run's tasks in the order in which they started; those to come last."""
        found = self._call("GET", f"dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        found.sort(key=lambda task: task["start_date"] or "9")
        return [
            TaskState(
                task["task_id"],
                task["state"] or "waiting",
                float(task["duration"] or 0.0),
                int(task["try_number"]),
            )
            for task in found
        ]

    def result(self, dag: str, run: str, task: str) -> Any:
        """What a step returned."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        return self._call("GET", path + "?deserialize=true")["value"]

    def last_line(self, dag: str, run: str, task: TaskState, level: str = "") -> str:
        """The newest line of a task's log (of one level, where given), or nothing."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task.name}/logs/{max(task.attempt, 1)}"
        answer = self._call("GET", path, missing=True) or {}
        for entry in reversed(answer.get("content") or []):
            text = str(entry.get("event", "")).strip()
            if text and not text.startswith("::") and level in ("", entry.get("level")):
                return text
        return ""

    def _call(self, method: str, path: str, body: Any = None, missing: bool = False) -> Any:
        """One request, repeated while the server restarts; None for 404 where that is allowed."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._session.request(
                    method,
                    f"{self.address}/api/v2/{path}",
                    json=body,
                    timeout=30,
                    headers={"Accept": "application/json"},
                )
            except requests.RequestException as error:
                problem = type(error).__name__
            else:
                if answer.status_code == requests.codes.unauthorized:
                    self._authenticate()
                    continue
                if answer.status_code == requests.codes.not_found and missing:
                    return None
                if answer.status_code < 500:
                    return self._content(answer)
                problem = f"status {answer.status_code}"
            if time.monotonic() > deadline:
                raise TryLaterError(f"Airflow at {self.address} does not answer: {problem}")
            time.sleep(1)

    def _content(self, answer: requests.Response) -> Any:
        if not answer.ok:
            raise InputError(f"Airflow refused {answer.url}: {answer.text[:300]}")
        return answer.json() if answer.content else {}

    def _authenticate(self) -> None:
        self._session.headers.pop("Authorization", None)
        answer = self._session.post(f"{self.address}/auth/token", json=self._login, timeout=30)
        if not answer.ok:
            raise InputError(f"Airflow refused the login at {self.address}: {answer.text[:200]}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def follow(
    airflow: Airflow,
    dag: str,
    run: str,
    show: Callable[[list[TaskState], str], None],
    meanwhile: Callable[[], None],
    seconds: float = 3600.0,
) -> None:
    """Show a run's tasks until it ends.

    Raises:
        RunFailedError: the run failed.
        TryLaterError: it did not end in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        meanwhile()
        state = airflow.run_state(dag, run)
        tasks = airflow.tasks(dag, run)
        running = [task for task in tasks if task.state == "running"]
        show(tasks, airflow.last_line(dag, run, running[0]) if running else "")
        if state == "success":
            return
        if state == "failed":
            bad = next((task for task in tasks if task.state == "failed"), None)
            line = airflow.last_line(dag, run, bad, "error") if bad else ""
            raise RunFailedError(dag, run, bad.name if bad else "an unknown task", line)
        if time.monotonic() > deadline:
            raise TryLaterError(f"{dag} run {run} did not end within {seconds:.0f} s")
        time.sleep(1)
