"""Any one process may be killed; down leaves nothing, even without a supervisor."""

import time

import psutil
import pytest
import requests

from tests.end_to_end.stack_under_test import StackUnderTest

PROGRAMS = (
    *("postgres", "mlflow", "standin", "service"),
    *("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"),
)
HEALTH = {"AIRFLOW": "/api/v2/monitor/health", "MLFLOW": "/health", "SERVICE": "/readyz"}


def wait_until_healthy(stack: StackUnderTest, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            answers = [
                requests.get(stack.address(n) + path, timeout=5) for n, path in HEALTH.items()
            ]
            if all(answer.ok for answer in answers) and set(stack.program_pids()) >= set(PROGRAMS):
                return
        except requests.RequestException:
            pass
        assert time.monotonic() < deadline, f"not healthy again after {seconds} s"
        time.sleep(0.5)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_killed_program_is_started_again(stack: StackUnderTest, program: str) -> None:
    old = stack.program_pids()[program]
    psutil.Process(old).kill()
    deadline = time.monotonic() + 60
    while stack.program_pids().get(program, old) == old:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    wait_until_healthy(stack)


def test_after_a_killed_supervisor_the_demo_still_runs(stack: StackUnderTest) -> None:
    psutil.Process(int((stack.home / "supervisord.pid").read_text())).kill()
    done = stack.order("demo", seconds=300)
    assert done.returncode == 0, done.stdout[-3000:]
    wait_until_healthy(stack)


def test_down_leaves_nothing_after_a_killed_supervisor(stack: StackUnderTest) -> None:
    psutil.Process(int((stack.home / "supervisord.pid").read_text())).kill()
    done = stack.order("down")
    assert done.returncode == 0
    assert stack.listening() == []
    assert stack.processes() == []


def test_up_starts_again_with_all_data_kept(stack: StackUnderTest) -> None:
    done = stack.order("up", seconds=300)
    assert done.returncode == 0, done.stdout[-3000:]
    assert requests.get(stack.address("SERVICE") + "/model", timeout=10).ok
    assert "STANDIN" not in stack.listening()
