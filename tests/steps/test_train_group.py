"""Processes of one training that cannot begin: all of them end alike."""

import fcntl
from pathlib import Path
from typing import Any

import pytest

from tests.model_fixtures import free_port
from tests.steps.forked import Step
from tests.steps.test_train import arguments, environ, start
from tests.steps.test_train import home as home
from tests.steps.test_train_ends import finished


def together(home: Path, **given: Any) -> list[Step]:
    """Two, each with the variables that torchrun gives it, until they have ended."""
    same = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    same |= {"MASTER_PORT": str(free_port())}
    steps = [
        Step(
            arguments(home, **given),
            environ(home) | same | {"RANK": rank, "LOCAL_RANK": rank},
            home / f"log-{rank}",
        )
        for rank in ("0", "1")
    ]
    for step in steps:
        step.wait()
    return steps


@pytest.mark.parametrize("given", [{}, {"pretrain": True}])
def test_a_base_model_that_cannot_be_had_ends_all_with_2(home: Path, given: Any) -> None:
    for step in together(home, base_model="/nowhere", **given):
        assert step.code == 2, step.log
        assert "MLPROJECT_BASE_MODEL" in step.log.splitlines()[-1]
        assert "Traceback" not in step.log


def test_where_another_process_trains_the_same_all_are_for_later(home: Path) -> None:
    finished(start(home))
    (lock,) = home.glob("training/*/lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for step in together(home):
            assert step.code == 75, step.log
