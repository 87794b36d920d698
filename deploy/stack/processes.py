"""The processes and ports that a stack left behind, also when its supervisor was killed."""

import contextlib
import socket
from pathlib import Path

import psutil

from deploy.stack.programs import MARK


def of_stack(home: Path, postgres_data: Path) -> list[psutil.Process]:
    """All processes that carry the stack's mark, and those of its PostgreSQL."""
    return [
        process
        for process in psutil.process_iter()
        if process.pid != psutil.Process().pid and _belongs(process, home, postgres_data)
    ]


def _belongs(process: psutil.Process, home: Path, postgres_data: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get(MARK) == str(home):
            return True
        # PostgreSQL writes its title over its environment: its working folder tells.
        return Path(process.cwd()) == postgres_data
    except (psutil.Error, OSError):
        return False


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
