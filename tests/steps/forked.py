"""Steps as processes, without the seconds that each of them takes to import torch.

``python -m tests.steps.forked`` imports it once and then forks: every line that it reads is a step
to start, which it answers with the pid, or the pid of a step, which it answers with its exit code.
"""

import atexit
import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any


class Step:
    """``python -m mlproject ARGUMENTS`` as a process; no file grows beyond ``largest`` bytes."""

    def __init__(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        largest: int | None = None,
    ) -> None:
        log.write_bytes(b"")
        self._log = log
        self._code: int | None = None
        what = {"arguments": [*arguments], "environ": {**environ}, "log": str(log)}
        self._pid: int = _ask({**what, "largest": largest})

    @property
    def log(self) -> str:
        """What it has written to stderr so far."""
        return self._log.read_text("utf-8", "replace")

    @property
    def code(self) -> int | None:
        """Its exit code, minus the signal that ended it, or None as long as it runs."""
        if self._code is None:
            self._code = _ask(self._pid)
        return self._code

    def stop(self) -> None:
        os.kill(self._pid, signal.SIGTERM)

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        assert self.wait(30) == -signal.SIGKILL

    def wait(self, seconds: float = 200) -> int:
        """Its exit code."""
        deadline = time.monotonic() + seconds
        while (code := self.code) is None:
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.log}"
            time.sleep(0.01)
        return code


@cache
def _server() -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.steps.forked"]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    atexit.register(server.communicate)  # closes what it reads: it ends
    return server


def _ask(what: Any) -> Any:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(what) + "\n")
    return json.loads(server.stdout.readline())


def _serve() -> None:
    import mlproject.training.train  # noqa: F401

    for line in sys.stdin:
        what = json.loads(line)
        answer = _exit_code(what) if isinstance(what, int) else _fork(**what)
        print(json.dumps(answer), flush=True)


def _exit_code(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _fork(arguments: list[str], environ: dict[str, str], log: str, largest: int | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        for descriptor in (1, 2):
            os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), descriptor)
        os.environ.clear()
        os.environ.update(environ)
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        code = _run(arguments)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)


def _run(arguments: list[str]) -> int:
    from mlproject.__main__ import main

    sys.argv = ["mlproject", *arguments]
    try:
        return main()
    except SystemExit as end:  # as on SIGTERM
        return int(end.code or 0)


if __name__ == "__main__":
    _serve()
