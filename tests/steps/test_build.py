"""The verb ``build``, as the command that it is: BentoML keeps one store per process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlproject.settings import Settings
from mlproject.steps import register
from tests.model_fixtures import MakeModel, MlflowServer


@pytest.fixture
def version(
    tracking: MlflowServer,
    make_model: MakeModel,
    reports: Callable[[Path, bool], tuple[Path, Path]],
    own_task: tuple[str, str],
    tmp_path: Path,
) -> str:
    folder = make_model(run_id=tracking.run())
    report, gate = reports(folder, True)
    inputs = register.Inputs(task=own_task[0], model=folder, report=report, gate=gate)
    return str(register.run(inputs, Settings(home=tmp_path))["version"])


def build(home: Path, task: str, version: str) -> subprocess.CompletedProcess[str]:
    (home / "in.json").write_text(json.dumps({"task": task, "version": version}))
    environ = {**os.environ, "MLPROJECT_HOME": str(home)}
    environ.pop("BENTOML_HOME", None)
    command = (sys.executable, "-m", "mlproject", "build", "--inputs", str(home / "in.json"))
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)


def test_a_bento_holds_model_code_and_requirements(
    version: str, own_task: tuple[str, str], tmp_path: Path
) -> None:
    task, name = own_task
    done = build(tmp_path, task, version)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"bento": f"{name}:1"}), done.stderr
    bento = tmp_path / "bentos" / "bentos" / name / "1"
    facts: dict[str, Any] = yaml.safe_load((bento / "bento.yaml").read_text())
    assert facts["labels"]["gate"] == "passed"
    assert facts["labels"]["version"] == "1"
    assert facts["labels"]["dataset"] == "d" * 16
    assert [item["tag"] for item in facts["models"]] == [f"{name}:1"]
    assert (bento / "src" / "mlproject" / "serving" / "page.html").is_file()
    assert (bento / "src" / "mlproject" / "tasks" / "legal.yaml").is_file()
    requirements = (bento / "env" / "python" / "requirements.txt").read_text()
    assert "onnxruntime==" in requirements
    assert "torch" not in requirements
    model = tmp_path / "bentos" / "models" / name / "1"
    assert {"model.onnx", "gate.json"} <= {path.name for path in model.iterdir()}

    before = (bento / "bento.yaml").stat().st_mtime_ns
    assert build(tmp_path, task, version).returncode == 0
    assert (bento / "bento.yaml").stat().st_mtime_ns == before


def test_an_unknown_version_ends_with_2(
    version: str, own_task: tuple[str, str], tmp_path: Path
) -> None:
    done = build(tmp_path, own_task[0], "9")
    assert done.returncode == 2
    assert "version '9'" in done.stderr
