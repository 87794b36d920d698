"""Processes that a stack left behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.stack import processes
from deploy.stack.programs import MARK

HIDDEN = """
import ctypes, time
ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE: as Airflow's workers do
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def hidden() -> Iterator[subprocess.Popen[str]]:
    """A worker whose environment its own user cannot read, in a group of its own."""
    with subprocess.Popen(
        ["airflow worker", "-c", HIDDEN],
        executable=sys.executable,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_the_mark_is_found(tmp_path: Path) -> None:
    marked = os.environ | {MARK: str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=marked, stdin=-1) as process:
        found = {found.pid for found in processes.of_stack(tmp_path, tmp_path / "none")}
        assert found == {process.pid}
        assert processes.end(tmp_path, tmp_path / "none") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process hide so")
def test_a_hidden_worker_is_known_by_its_group(
    hidden: subprocess.Popen[str], tmp_path: Path
) -> None:
    worker = psutil.Process(hidden.pid)
    assert processes._hidden(worker, {hidden.pid})
    assert not processes._hidden(worker, {hidden.pid + 1})


def test_the_groups_are_those_that_the_supervisor_started(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    line = "2026-01-01 00:00:00,000 INFO spawned: 'airflow-scheduler' with pid 4711\n"
    (tmp_path / "logs" / "supervisord.log").write_text(line + "INFO exited: mlflow (exit 0)\n")
    assert processes._groups(tmp_path) == {4711}
    assert processes._groups(tmp_path / "none") == set()
