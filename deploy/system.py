"""``python deploy/system.py browser compose``: programs for the tests that no Python package holds.

Installs what is missing and says nothing of what is there. As root on Debian its packages are
taken; otherwise Playwright brings a Chromium of its own, and docker-compose is asked for.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BROWSER = ("chromium", "fonts-noto-cjk")
COMPOSE = ("docker-compose",)
APT = ("apt-get", "--quiet", "--yes", "-o", "DPkg::Lock::Timeout=300")


class MissingError(Exception):
    """One line that says what is missing and what to do."""


def chromium() -> str | None:
    """The path of a Chromium that starts: Debian's, or else Playwright's own."""
    debian = shutil.which("chromium")
    if debian and answers([debian, "--version"]):
        return debian
    own = _playwright_chromium()
    return own if own and answers([own, "--version"]) else None


def compose() -> list[str] | None:
    """The command of docker-compose: Docker's plugin, or the program of that name."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and answers([*command, "version"]):
            return command
    return None


def need_browser() -> None:
    """
    Raises:
        MissingError: there is no Chromium, and it cannot be installed.
    """
    problems = [install(BROWSER)]
    if chromium() is None:
        print("installing Playwright's Chromium", flush=True)
        problems.append(run([sys.executable, "-m", "playwright", "install", "chromium"]))
    if chromium() is None:
        raise MissingError(
            f"no Chromium that starts{_because(problems)}: install Debian's packages"
            f" {' and '.join(BROWSER)}, or run `{sys.executable} -m playwright install chromium`"
        )


def need_compose() -> None:
    """
    Raises:
        MissingError: there is no docker-compose, and it cannot be installed.
    """
    if compose() is not None:
        return
    problem = install(COMPOSE)
    if compose() is None:
        raise MissingError(
            f"no docker-compose{_because([problem])}: install Debian's package"
            f" {COMPOSE[0]}, or Docker's compose plugin"
        )


def install(packages: Sequence[str]) -> str:
    """Install Debian's packages where root may; returns why they are still missing, if so."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return ""
    missing = [name for name in packages if not _installed(name)]
    if not missing:
        return ""
    print(f"installing Debian's {' and '.join(missing)}", flush=True)
    return run([*APT, "update"]) or run([*APT, "install", "--no-install-recommends", *missing])


def run(command: Sequence[str]) -> str:
    """Run it silently; returns the last line that speaks of an error if it failed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in said if line.lower().startswith(("e:", "err", "failed"))]
    last = (errors or said or [f"exit code {done.returncode}"])[-1]
    return f"{Path(command[0]).name}: {last}"


def answers(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    return done.stdout == "installed"


def _playwright_chromium() -> str | None:
    script = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


def _because(problems: Sequence[str]) -> str:
    known = "; ".join(problem for problem in problems if problem)
    return f" ({known[:300]})" if known else ""


NEEDS = {"browser": need_browser, "compose": need_compose}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("needs", nargs="+", choices=sorted(NEEDS))
    try:
        for name in parser.parse_args().needs:
            NEEDS[name]()
    except MissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
