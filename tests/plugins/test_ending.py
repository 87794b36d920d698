"""A step and all it started end with its task, however the task ends."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from step.operator import StepOperator
from step.process import StepProcess
from step.retry import StepError

from tests.plugins.test_operator import context

ROOT = Path(__file__).resolve().parents[2]


def wait_for(path: Path, seconds: float = 20) -> int:
    """The process id that a step wrote there."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)
    return int(path.read_text())


def gone(pid: int, seconds: float = 20) -> bool:
    """Whether the process ends within that time; a zombie has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.02)
                continue
        return True
    return False


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    return {name: tmp_path / name for name in ("ready", "child", "saves")}


def endless(paths: dict[str, Path], *names: str, **more: Any) -> dict[str, Any]:
    return {"sleep": 600, **{name: str(paths[name]) for name in ("ready", *names)}, **more}


def kill_when_ready(operator: StepOperator, ready: Path) -> threading.Thread:
    def kill() -> None:
        wait_for(ready)
        operator.on_kill()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_on_kill_lets_the_step_save_and_ends_its_children(paths: dict[str, Path]) -> None:
    inputs = endless(paths, "child", "saves")
    operator = StepOperator(task_id="a_task", verb="train", inputs=inputs)
    thread = kill_when_ready(operator, paths["ready"])

    with pytest.raises(StepError, match="was stopped"):
        operator.execute(context())

    thread.join()
    assert paths["saves"].read_text() == "saved"
    assert gone(wait_for(paths["child"]))


def test_a_step_that_does_not_listen_is_killed_after_the_grace_period(
    paths: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLPROJECT_STOP_GRACE", "0.5")
    operator = StepOperator(task_id="a_task", verb="train", inputs=endless(paths, deaf=True))
    thread = kill_when_ready(operator, paths["ready"])

    with pytest.raises(StepError, match=r"did not end within 0\.5 s of SIGTERM: killed"):
        operator.execute(context())

    thread.join()


def test_killed_before_it_began() -> None:
    operator = StepOperator(task_id="a_task", verb="train")
    operator.on_kill()

    with pytest.raises(StepError, match="stopped before it began"):
        operator.execute(context())


def test_children_of_a_finished_step_end_too(paths: dict[str, Path]) -> None:
    inputs = {"child": str(paths["child"]), "result": {"ok": True}}

    assert StepOperator(task_id="a_task", verb="train", inputs=inputs).execute(context())

    assert gone(wait_for(paths["child"]))


TASK = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, "plugins")
from step.process import StepProcess

process = StepProcess("train", json.loads(sys.argv[1]), Path(sys.argv[2]), {})
for line in process.lines():
    print(line, flush=True)
"""


@pytest.fixture
def task(paths: dict[str, Path], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs a step as a task does."""
    inputs = json.dumps(endless(paths, "child", "saves"))
    command = [sys.executable, "-c", TASK, inputs, str(tmp_path / "step")]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    yield process
    process.kill()
    process.wait()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(paths["child"].read_text()), signal.SIGKILL)


def test_killing_the_task_ends_the_step(
    task: subprocess.Popen[bytes], paths: dict[str, Path]
) -> None:
    step = wait_for(paths["ready"])

    os.killpg(task.pid, signal.SIGKILL)

    assert gone(step)
    assert gone(wait_for(paths["child"]))
    assert paths["saves"].read_text() == "saved"


def test_killing_the_guard_ends_the_task_and_the_step(
    task: subprocess.Popen[bytes], paths: dict[str, Path]
) -> None:
    step = wait_for(paths["ready"])
    guard = psutil.Process(step).parent()
    assert guard is not None

    guard.kill()

    assert task.wait(20) == 0
    assert gone(step)


def test_a_task_without_its_supervisor_ends_its_step(
    paths: dict[str, Path], tmp_path: Path
) -> None:
    command = [sys.executable, "-c", TASK, json.dumps(endless(paths)), str(tmp_path / "step")]
    supervisor = subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *command],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    step = wait_for(paths["ready"])

    supervisor.kill()
    supervisor.wait()

    assert gone(step)


def test_the_next_try_waits_for_the_last_one(paths: dict[str, Path], tmp_path: Path) -> None:
    first = StepProcess("train", endless(paths, "saves"), tmp_path / "step", {})
    wait_for(paths["ready"])
    first.end()

    with StepProcess("train", {"say": ["second"]}, tmp_path / "step", {}) as second:
        assert next(second.lines()) == "second"
        assert paths["saves"].read_text() == "saved"

    assert first.code() == 143
    assert second.code() in (0, 143)
