"""What set-up says when the machine is not ready."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "environments.py"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project folder with empty locks: enough for set-up to start on."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "deploy" / "environments.py").write_text(SCRIPT.read_text())
    for name in ("ml", "airflow"):
        (tmp_path / "requirements" / f"{name}.txt").write_text("no-such-package-at-all==1\n")
    return tmp_path


def set_up(clone: Path, python: str = sys.executable, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [python, str(clone / "deploy" / "environments.py")],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_full_disk_is_one_line(clone: Path) -> None:
    code, said = set_up(clone, MLPROJECT_MIN_DISK_GB="99999999")
    assert code == 2
    assert "99999999 GB are needed: free some space" in said.replace("1e+08", "99999999")
    assert len(said.splitlines()) == 1


def test_no_network_is_one_line(clone: Path) -> None:
    nowhere = "http://127.0.0.1:1/simple"
    code, said = set_up(clone, PIP_INDEX_URL=nowhere, PIP_FIND_LINKS="", PIP_RETRIES="0")
    assert code == 2
    assert "the package index cannot be reached" in said
    assert len(said.splitlines()) == 1


def test_another_python_is_one_line(clone: Path) -> None:
    script = clone / "deploy" / "environments.py"
    script.write_text(script.read_text().replace("NEEDED = (3, 11)", "NEEDED = (3, 99)"))
    code, said = set_up(clone)
    assert code == 2
    assert "install Python 3.11" in said
    assert len(said.splitlines()) == 1
