"""``train --pretrain`` as a process: the flag, being stopped and killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from mlproject.training import checkpoint
from tests.steps.test_train import home as home
from tests.steps.test_train import start
from tests.steps.test_train_ends import torchrun

PRETRAINING = {"batch_tokens": 512, "max_length": 24, "epochs": 10, "learning_rate": 1e-3}
GIVEN: dict[str, Any] = {"pretrain": True, "pretraining": PRETRAINING, "epochs": 1}


def weights(home: Path) -> dict[str, torch.Tensor]:
    (path,) = home.glob("pretraining/*/model.safetensors")
    return load_file(path)


def finished(process: subprocess.Popen[str]) -> str:
    _, log = process.communicate(timeout=200)
    assert process.returncode == 0, log
    return log


def begun(process: subprocess.Popen[str]) -> None:
    """Until some batches of the pretraining are done."""
    assert process.stderr is not None
    said = iter(process.stderr.readline, "")
    assert any("pretraining, batch" in line for line in said), "it ended before"


def test_broken_off_in_any_way_it_ends_with_the_weights_of_an_unbroken_one(
    home: Path, tmp_path_factory: Any
) -> None:
    other = tmp_path_factory.mktemp("unbroken")
    shutil.copytree(home / "datasets", other / "datasets")
    stopped = start(home, **GIVEN)
    begun(stopped)
    stopped.send_signal(signal.SIGTERM)
    _, log = stopped.communicate(timeout=120)
    assert stopped.returncode == 143, log
    (path,) = home.glob(f"pretraining/*/{checkpoint.NAME}")

    killed = start(home, **GIVEN)
    begun(killed)
    killed.kill()
    killed.communicate(timeout=120)
    assert path.is_file()

    finished(start(home, **GIVEN))
    finished(start(other, **GIVEN))
    one, two = weights(home), weights(other)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_flag_needs_no_value(home: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-m", "mlproject", "train", "--pretrain", "--base-model", "tiny"]
    result = home / "result.json"
    done = subprocess.run(
        [*command, "--preset", "smoke", "--result", str(result)],
        env={**environ, "MLPROJECT_HOME": str(home), "MLPROJECT_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    training = Path(json.loads(result.read_text())["training"])
    record = json.loads((training / "training.json").read_text())
    assert record["hyperparameters"]["pretrain"] is True
    assert (home / "pretraining" / record["pretraining"] / "manifest.json").is_file()


def test_two_processes_learn_what_one_does(home: Path, tmp_path_factory: Any) -> None:
    """Each hides other words, so only about the same."""
    other = tmp_path_factory.mktemp("one")
    shutil.copytree(home / "datasets", other / "datasets")
    given = {**GIVEN, "base_model": "tiny", "max_length": 24}
    losses = []
    for place, processes in ((home, 2), (other, 1)):
        torchrun(place, processes, **given)
        (manifest,) = place.glob("pretraining/*/manifest.json")
        curve = json.loads(manifest.read_text())["curve"]
        losses.append([point["loss"] for point in curve])
    two, one = losses
    assert len(two) == len(one)
    assert two[-1] < two[0] - 1
    assert sum(two[-10:]) / 10 == pytest.approx(sum(one[-10:]) / 10, abs=0.3)
