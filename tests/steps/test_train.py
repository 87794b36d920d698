"""The step as a process: result, errors, being stopped and killed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlproject.task import load
from mlproject.training import checkpoint
from tests.dataset_fixtures import Row, write
from tests.steps.forked import Step

TEXTS = {"other": "键盘真好用推荐给大家", "consultation": "房东不退押金能起诉吗"}
GIVEN = {"base_model": "tiny", "epochs": 3, "max_length": 24, "threads": None}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    rows = [
        Row(f"{n}", f"{TEXTS[label]}{n}", label, "toy", split)
        for label in TEXTS
        for n, split in enumerate(("train",) * 150 + ("validation",) * 20)
    ]
    write(tmp_path / "datasets", load("legal"), rows)
    return tmp_path


def environ(home: Path) -> dict[str, str]:
    """Variables of a step in that home, on one thread, whose runs go to the log alone."""
    kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return {**kept, "MLPROJECT_HOME": str(home), "MLPROJECT_THREADS": "1"}


def arguments(home: Path, **given: Any) -> list[str]:
    values = {key: value for key, value in {**GIVEN, **given}.items() if value is not None}
    inputs = home / "inputs.json"
    inputs.write_text(json.dumps(values))
    return ["train", "--inputs", str(inputs), "--result", str(home / "result.json")]


def start(home: Path, largest: int | None = None, **given: Any) -> Step:
    return Step(arguments(home, **given), environ(home), home / "log", largest)


def until(step: Step, true: Callable[[], bool]) -> None:
    """Wait for something that happens while the step runs."""
    deadline = time.monotonic() + 120
    while not true():
        assert step.code is None, step.log
        assert time.monotonic() < deadline, step.log
        time.sleep(0.002)


def test_the_newest_data_set_is_trained_on(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlproject", *arguments(home)],
        env=environ(home),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((home / "result.json").read_text())
    assert set(result) == {"training", "run_id", "device", "epochs", "metrics"}
    assert result["metrics"]["f1"] == 1.0
    assert (Path(result["training"]) / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"epoch": 3}, "epoch is not known"),
        ({"dataset": "0123"}, "dataset '0123'"),
        ({"base_model": "/nowhere"}, "MLPROJECT_BASE_MODEL"),
    ],
)
def test_a_wrong_input_ends_with_2_and_one_line(
    home: Path, given: dict[str, Any], says: str
) -> None:
    step = start(home, **given)
    assert step.wait() == 2
    assert says in step.log.splitlines()[-1]
    assert "Traceback" not in step.log


def test_a_wrong_input_is_known_before_anything_slow_is_imported(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mlproject", *arguments(home, epoch=3)],
        env=environ(home),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 2
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "mlproject.training.plan" in imported
    assert not imported & {"torch", "transformers", "mlflow"}


def test_sigterm_saves_and_sigkill_costs_at_most_an_epoch(home: Path) -> None:
    stopped = start(home, epochs=12, patience=12)
    until(stopped, lambda: bool(list(home.glob(f"training/*/{checkpoint.NAME}"))))
    stopped.stop()
    assert stopped.wait(30) == 143, stopped.log

    killed = start(home, epochs=12, patience=12)
    (path,) = home.glob(f"training/*/{checkpoint.NAME}")
    before = path.stat().st_mtime_ns
    until(killed, lambda: path.stat().st_mtime_ns != before)
    killed.kill()

    last = start(home, epochs=12, patience=12)
    assert last.wait() == 0, last.log
    assert "epoch 12/12" in last.log
    assert "epoch 1/12" not in last.log
