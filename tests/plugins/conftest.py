"""Airflow in a folder of its own with this repository's plugins, and a step that is quick."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-test-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(ROOT / "plugins")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(ROOT / "dags")
sys.path.insert(0, str(ROOT / "plugins"))

STEP = '''#!{python}
"""Stands in for the ML interpreter: does what the inputs say."""

import json, os, signal, subprocess, sys, time

sys.path.insert(0, os.getcwd())
from mlproject import stop

stop.install()
assert sys.argv[1:3] == ["-m", "mlproject"], sys.argv
verb, given, wanted = sys.argv[3], sys.argv[5], sys.argv[7]
inputs = json.load(open(given))
for line in inputs.get("say", []):
    print(line, file=sys.stderr, flush=True)
if inputs.get("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" in inputs:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open(inputs["child"], "w").write(str(child.pid))
if "ready" in inputs:
    open(inputs["ready"] + ".new", "w").write(str(os.getpid()))
    os.rename(inputs["ready"] + ".new", inputs["ready"])
if "saves" in inputs:
    def save(number, frame):
        time.sleep(0.3)
        print("saving", file=sys.stderr, flush=True)
        open(inputs["saves"], "w").write("saved")
        sys.exit(143)
    signal.signal(signal.SIGTERM, save)
if inputs.get("sleep"):
    time.sleep(inputs["sleep"])
if "signal" in inputs:
    os.kill(os.getpid(), inputs["signal"])
if "result" in inputs:
    open(wanted, "w").write(json.dumps(inputs["result"]))
if verb == "show":
    shown = dict(verb=verb, inputs=inputs, cwd=os.getcwd(), environ=dict(os.environ))
    open(wanted, "w").write(json.dumps(shown))
sys.exit(inputs.get("code", 0))
'''


@pytest.fixture(autouse=True)
def step_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in as MLPROJECT_PYTHON, with a home and a short grace period."""
    script = tmp_path / "python"
    script.write_text(STEP.replace("{python}", sys.executable))
    script.chmod(0o755)
    monkeypatch.setenv("MLPROJECT_PYTHON", str(script))
    monkeypatch.setenv("MLPROJECT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLPROJECT_STOP_GRACE", "2")
    return script
