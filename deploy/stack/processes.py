"""The processes and ports that a stack left behind, also when its supervisor was killed."""

import contextlib
import os
import re
import socket
from pathlib import Path

import psutil

from deploy.stack.programs import MARK

SPAWNED = re.compile(r"spawned: '[^']+' with pid (\d+)")


def of_stack(home: Path, postgres_data: Path) -> list[psutil.Process]:
    """All processes that carry the stack's mark, and those of its PostgreSQL."""
    groups = _groups(home)
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _belongs(process, home, postgres_data, groups)
    ]


def _belongs(process: psutil.Process, home: Path, postgres_data: Path, groups: set[int]) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get(MARK) == str(home):
            return True
        # PostgreSQL writes its title over its environment: its working folder tells.
        return Path(process.cwd()) == postgres_data
    except psutil.AccessDenied:
        return _hidden(process, groups)
    except (psutil.Error, OSError):
        return False


def _hidden(process: psutil.Process, groups: set[int]) -> bool:
    """Airflow's workers hide their environment from their own user: their group tells."""
    try:
        title = " ".join(process.cmdline())
        return title.startswith("airflow ") and os.getpgid(process.pid) in groups
    except (psutil.Error, OSError):
        return False


def _groups(home: Path) -> set[int]:
    """Process groups that the supervisor has started, each named after its first process."""
    try:
        text = (home / "logs" / "supervisord.log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    return {int(pid) for pid in SPAWNED.findall(text)}


def end(home: Path, postgres_data: Path, seconds: float = 15.0) -> int:
    """End them, politely and then not; returns how many there were."""
    ended = 0
    for round_seconds in (seconds, 5.0, 5.0):
        left = of_stack(home, postgres_data)
        if not left:
            break
        ended = max(ended, len(left))
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.terminate()
        _, stubborn = psutil.wait_procs(left, timeout=round_seconds)
        for process in stubborn:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(stubborn, timeout=5.0)
    return ended


def port_in_use(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
