"""The notebook runs from top to bottom, with the smallest preset and network and few texts."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from deploy.stack import postgres

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "colab.ipynb"
CORPUS = ROOT / "examples" / "corpus"
ROWS = 60  # of each file


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Where the notebook keeps its state; its PostgreSQL may lie elsewhere."""
    home = tmp_path / "home"
    yield home
    shutil.rmtree(postgres.describe(home / "postgres", 0, "").folder, ignore_errors=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for path in CORPUS.glob("*.jsonl"):
        with path.open("rb") as whole:
            (folder / path.name).write_bytes(b"".join(islice(whole, ROWS)))
    return folder


def test_the_notebook_trains_and_converts(home: Path, data: Path) -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    source = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MLPROJECT_") and name != "MLFLOW_TRACKING_URI"
    }
    environ |= {"PRESET": "smoke", "BASE_MODEL": "tiny", "MLPROJECT_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(source)],
        cwd=ROOT,
        env=environ | {"MLPROJECT_DATA": str(data), "MLPROJECT_THREADS": "1"},
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
