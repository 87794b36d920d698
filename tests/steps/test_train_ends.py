"""However a training is broken off, the next call ends with the weights of an unbroken one."""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.model_fixtures import free_port
from tests.steps.test_train import home as home
from tests.steps.test_train import start

LONG: dict[str, Any] = {"epochs": 25, "patience": 25}


def weights(home: Path) -> dict[str, torch.Tensor]:
    (path,) = home.glob("training/*/model.safetensors")
    return load_file(path)


def same(one: Path, other: Path) -> bool:
    left, right = weights(one), weights(other)
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def finished(process: subprocess.Popen[str]) -> None:
    _, log = process.communicate(timeout=200)
    assert process.returncode == 0, log


def begun(process: subprocess.Popen[str]) -> None:
    """Until the training has its data and network."""
    assert process.stderr is not None
    assert any(" on cpu" in line for line in process.stderr)


def test_killed_at_any_moment_it_ends_with_the_same_weights(home: Path, tmp_path: Path) -> None:
    unbroken = tmp_path / "unbroken"
    shutil.copytree(home / "datasets", unbroken / "datasets")
    process = start(unbroken, **LONG)
    begun(process)
    since = time.monotonic()
    finished(process)
    lasted = time.monotonic() - since

    draw = random.Random(7)
    for _ in range(3):
        process = start(home, **LONG)
        begun(process)
        time.sleep(draw.uniform(0, lasted / 4))
        assert process.poll() is None
        process.kill()
        process.communicate(timeout=30)
    finished(start(home, **LONG))
    assert same(home, unbroken)


def torchrun(home: Path, processes: int, **given: Any) -> dict[str, Any]:
    inputs, result = home / "inputs.json", home / "result.json"
    inputs.write_text(json.dumps(given))
    environ = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}"),
            *("--master-addr=127.0.0.1", f"--master-port={free_port()}"),
            *("-m", "mlproject", "train", "--inputs", str(inputs), "--result", str(result)),
        ],
        env={**environ, "MLPROJECT_HOME": str(home), "MLPROJECT_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    values: dict[str, Any] = json.loads(result.read_text())
    return values


def test_two_processes_reach_what_one_does(home: Path, tmp_path: Path) -> None:
    given = {"base_model": "tiny", "epochs": 3, "max_length": 24}
    given |= {"dropout": 0.0, "precision": "fp32"}
    other = tmp_path / "one"
    shutil.copytree(home / "datasets", other / "datasets")
    two, one = torchrun(home, 2, **given), torchrun(other, 1, **given)
    assert two["metrics"] == pytest.approx(one["metrics"], rel=1e-3)
    for name, value in weights(other).items():
        torch.testing.assert_close(weights(home)[name], value, rtol=1e-2, atol=1e-3)


def test_a_full_disk_is_for_later_and_costs_nothing(home: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    process = start(home, preexec=small, **LONG)
    _, log = process.communicate(timeout=200)
    assert process.returncode == 75, log
    assert "make room on the disk and run the same step again" in log.splitlines()[-1]
    assert not list(home.rglob("*.partial"))
    finished(start(home, **LONG))
