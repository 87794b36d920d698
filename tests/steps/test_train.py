"""The step as a process: result, errors, being stopped and killed."""

import json
import os
import signal
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


def start(
    home: Path, preexec: Callable[[], None] | None = None, **given: Any
) -> subprocess.Popen[str]:
    values = {key: value for key, value in {**GIVEN, **given}.items() if value is not None}
    inputs = home / "inputs.json"
    inputs.write_text(json.dumps(values))
    environ = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "mlproject", "train"),
            *("--inputs", str(inputs), "--result", str(home / "result.json")),
        ],
        env={**environ, "MLPROJECT_HOME": str(home), "MLPROJECT_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=preexec,
    )


def wait_for_checkpoint(home: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while not list(home.glob(f"training/*/{checkpoint.NAME}")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_newest_data_set_is_trained_on(home: Path) -> None:
    process = start(home)
    _, log = process.communicate(timeout=200)
    assert process.returncode == 0, log
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
    process = start(home, **given)
    _, log = process.communicate(timeout=200)
    assert process.returncode == 2
    assert says in log.splitlines()[-1]
    assert "Traceback" not in log


def test_sigterm_saves_and_sigkill_costs_at_most_an_epoch(home: Path) -> None:
    stopped = start(home, epochs=12, patience=12)
    wait_for_checkpoint(home, stopped)
    stopped.send_signal(signal.SIGTERM)
    _, log = stopped.communicate(timeout=30)
    assert stopped.returncode == 143, log

    killed = start(home, epochs=12, patience=12)
    (path,) = home.glob(f"training/*/{checkpoint.NAME}")
    before = path.stat().st_mtime_ns
    while path.stat().st_mtime_ns == before:
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    killed.communicate(timeout=30)

    last = start(home, epochs=12, patience=12)
    _, log = last.communicate(timeout=200)
    assert last.returncode == 0, log
    assert "epoch 12/12" in log
    assert "epoch 1/12" not in log
