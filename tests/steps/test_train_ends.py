"""However a training is broken off, the next call ends with the weights of an unbroken one."""

import json
import random
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
from tests.steps.forked import Step
from tests.steps.test_train import arguments, environ, start, until
from tests.steps.test_train import home as home

LONG: dict[str, Any] = {"epochs": 12, "patience": 12}


def weights(home: Path) -> dict[str, torch.Tensor]:
    (path,) = home.glob("training/*/model.safetensors")
    return load_file(path)


def same(one: Path, other: Path) -> bool:
    left, right = weights(one), weights(other)
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def finished(step: Step) -> None:
    assert step.wait() == 0, step.log


def begun(step: Step) -> None:
    """Until the training has its data and network."""
    until(step, lambda: " on cpu" in step.log)


def test_killed_at_any_moment_it_ends_with_the_same_weights(home: Path, tmp_path: Path) -> None:
    unbroken = tmp_path / "unbroken"
    shutil.copytree(home / "datasets", unbroken / "datasets")
    step = start(unbroken, **LONG)
    begun(step)
    since = time.monotonic()
    finished(step)
    lasted = time.monotonic() - since

    draw = random.Random(7)
    for _ in range(3):
        step = start(home, **LONG)
        begun(step)
        time.sleep(draw.uniform(0, lasted / 4))
        assert step.code is None, step.log
        step.kill()
    finished(start(home, **LONG))
    assert same(home, unbroken)


def test_two_processes_reach_what_one_does(home: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"dropout": 0.0, "precision": "fp32"}
    other = tmp_path / "one"
    shutil.copytree(home / "datasets", other / "datasets")
    finished(start(other, **given))
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"),
        *("--master-addr=127.0.0.1", f"--master-port={free_port()}"),
        *("-m", "mlproject", *arguments(home, **given)),
    ]
    done = subprocess.run(
        command, env=environ(home), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    two, one = (json.loads((each / "result.json").read_text()) for each in (home, other))
    assert two["metrics"] == pytest.approx(one["metrics"], rel=1e-3)
    for name, value in weights(other).items():
        torch.testing.assert_close(weights(home)[name], value, rtol=1e-2, atol=1e-3)


def test_a_full_disk_is_for_later_and_costs_nothing(home: Path) -> None:
    step = start(home, largest=300_000, **LONG)
    assert step.wait() == 75, step.log
    assert "make room on the disk and run the same step again" in step.log.splitlines()[-1]
    assert not list(home.rglob("*.partial"))
    finished(start(home, **LONG))
