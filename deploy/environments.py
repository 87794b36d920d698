"""Build the two locked Python environments; nothing is installed twice.

Runs before anything is installed: the standard library only.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
VENV = REPOSITORY / ".venv"
UV_VERSION = "0.13.8"
NEEDED = (3, 11)
DISK_GB = float(os.environ.get("MLPROJECT_MIN_DISK_GB") or 5)
NO_NETWORK = ("dns error", "connect", "timed out", "NewConnectionError", "Could not find a version")


class SetupError(Exception):
    """One line that says what is wrong and what to do."""


def main() -> int:
    try:
        check_python()
        for name in ("ml", "airflow"):
            build(name)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def check_python() -> None:
    if sys.version_info[:2] != NEEDED:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise SetupError(
            f"Python {found} at {sys.executable} does not fit: install Python 3.11 and run"
            " `make PYTHON=/path/to/python3.11 ...`"
        )


def build(name: str) -> None:
    """One environment from its lock; a stamp with the lock's hash says that it is complete."""
    folder = VENV / name
    lock = REPOSITORY / "requirements" / f"{name}.txt"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / ".installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    check_disk()
    uv = install_uv()
    print(f"installing {name} (requirements/{name}.txt)", flush=True)
    if not (folder / "bin" / "python").exists():
        run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)], name)
    python = str(folder / "bin" / "python")
    # `install`, not `sync`: torch from another index brings packages that this lock cannot know.
    run([str(uv), "pip", "install", "--quiet", "--python", python, "-r", str(lock)], name)
    if name == "ml":
        project = ["--no-deps", "-e", str(REPOSITORY)]
        run([str(uv), "pip", "install", "--quiet", "--python", python, *project], name)
    stamp.write_text(wanted)


def check_disk() -> None:
    free = shutil.disk_usage(REPOSITORY).free / 1e9
    if free < DISK_GB:
        raise SetupError(
            f"{free:.1f} GB free at {REPOSITORY}, {DISK_GB:g} GB are needed: free some space,"
            " or set MLPROJECT_MIN_DISK_GB if you know better"
        )


def install_uv() -> Path:
    uv = VENV / "uv" / "bin" / "uv"
    if not uv.exists():
        run([sys.executable, "-m", "venv", str(VENV / "uv")], "uv")
        pip = str(VENV / "uv" / "bin" / "pip")
        run([pip, "install", "--quiet", f"uv=={UV_VERSION}"], "uv")
    return uv


def run(command: list[str], what: str) -> None:
    environment = dict(os.environ)
    # uv does not read pip's variables.
    for uv_name, pip_name in {
        "UV_FIND_LINKS": "PIP_FIND_LINKS",
        "UV_DEFAULT_INDEX": "PIP_INDEX_URL",
    }.items():
        if pip_name in environment:
            environment.setdefault(uv_name, environment[pip_name])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    output = (done.stderr.strip() or done.stdout.strip()).splitlines()
    text = " ".join(line.strip() for line in output[-4:])[-400:]
    if "No space left" in text:
        raise SetupError(f"no space left on the disk while installing {what}: free some space")
    if any(sign in text for sign in NO_NETWORK):
        raise SetupError(
            f"the package index cannot be reached while installing {what}: check the network"
            f" or PIP_INDEX_URL ({text})"
        )
    raise SetupError(f"installing {what} failed: {text}")


if __name__ == "__main__":
    sys.exit(main())
