"""The notebook runs from top to bottom, with the smallest preset and network."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "colab.ipynb"


def test_the_notebook_trains_and_converts(tmp_path: Path) -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    source = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MLPROJECT_") and name != "MLFLOW_TRACKING_URI"
    }
    environ |= {"PRESET": "smoke", "BASE_MODEL": "tiny", "MLPROJECT_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(source)],
        cwd=ROOT,
        env=environ | {"MLPROJECT_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stderr
    *splits, model = done.stdout.splitlines()
    assert (Path(model) / "model.onnx").is_file()
    assert {line.split()[0] for line in splits} == {"validation", "test", "in_domain"}


def test_the_notebook_holds_no_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells)
