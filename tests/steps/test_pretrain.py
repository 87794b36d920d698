"""``train --pretrain`` as a process: the flag, being stopped and killed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from mlproject.training import checkpoint
from tests.model_fixtures import free_port
from tests.steps.forked import Step
from tests.steps.test_train import arguments, environ, start, until
from tests.steps.test_train import home as home
from tests.steps.test_train_ends import finished

PRETRAINING = {"batch_tokens": 512, "max_length": 24, "epochs": 10, "learning_rate": 1e-3}
GIVEN: dict[str, Any] = {"pretrain": True, "pretraining": PRETRAINING, "epochs": 1}


def weights(home: Path) -> dict[str, torch.Tensor]:
    (path,) = home.glob("pretraining/*/model.safetensors")
    return load_file(path)


def begun(step: Step) -> None:
    """Until some batches of the pretraining are done."""
    until(step, lambda: "pretraining, batch" in step.log)


def test_broken_off_in_any_way_it_ends_with_the_weights_of_an_unbroken_one(
    home: Path, tmp_path_factory: Any
) -> None:
    other = tmp_path_factory.mktemp("unbroken")
    shutil.copytree(home / "datasets", other / "datasets")
    stopped = start(home, **GIVEN)
    begun(stopped)
    stopped.stop()
    assert stopped.wait(120) == 143, stopped.log
    (path,) = home.glob(f"pretraining/*/{checkpoint.NAME}")

    killed = start(home, **GIVEN)
    begun(killed)
    killed.kill()
    assert path.is_file()

    finished(start(home, **GIVEN))
    finished(start(other, **GIVEN))
    one, two = weights(home), weights(other)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_flag_needs_no_value(home: Path) -> None:
    result = home / "result.json"
    flags = ["--pretrain", "--base-model", "tiny", "--preset", "smoke", "--result", str(result)]
    finished(Step(["train", *flags], environ(home), home / "log"))
    training = Path(json.loads(result.read_text())["training"])
    record = json.loads((training / "training.json").read_text())
    assert record["hyperparameters"]["pretrain"] is True
    assert (home / "pretraining" / record["pretraining"] / "manifest.json").is_file()


def together(home: Path, size: int, **given: Any) -> None:
    """The processes of one training, each with the variables that torchrun gives it."""
    port = str(free_port())
    steps = []
    for rank in range(size):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        own |= {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
        own |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        steps.append(Step(arguments(home, **given), environ(home) | own, home / f"log-{rank}"))
    for step in steps:
        finished(step)


def test_two_processes_learn_what_one_does(home: Path, tmp_path_factory: Any) -> None:
    """Each hides other words, so only about the same."""
    other = tmp_path_factory.mktemp("one")
    shutil.copytree(home / "datasets", other / "datasets")
    losses = []
    for place, processes in ((home, 2), (other, 1)):
        together(place, processes, **GIVEN)
        (manifest,) = place.glob("pretraining/*/manifest.json")
        curve = json.loads(manifest.read_text())["curve"]
        losses.append([point["loss"] for point in curve])
    two, one = losses
    assert len(two) == len(one)
    assert two[-1] < two[0] - 1
    assert sum(two[-10:]) / 10 == pytest.approx(sum(one[-10:]) / 10, abs=0.3)
