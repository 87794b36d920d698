import subprocess
import sys
from pathlib import Path

import pytest

from deploy import system


def need(what: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, system.__file__, what],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_compose_that_is_found_can_be_called() -> None:
    command = system.compose()

    assert command is not None
    assert system.answers([*command, "version"])


@pytest.mark.parametrize(
    ("what", "package"), [("compose", "docker-compose"), ("browser", "fonts-noto-cjk")]
)
def test_what_cannot_be_installed_is_one_line(what: str, package: str, tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "HOME": str(tmp_path)}

    done = need(what, **nowhere, PLAYWRIGHT_DOWNLOAD_HOST="http://127.0.0.1:9")

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: no ")
    assert package in line


def test_the_reason_is_the_line_that_speaks_of_an_error() -> None:
    script = "print('E: no such package'); print('}'); raise SystemExit(100)"

    assert system.run([sys.executable, "-c", script]).endswith(": E: no such package")
