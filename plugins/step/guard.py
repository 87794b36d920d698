"""Stands between a task and its step, and ends the step's whole process group with the task.

    python guard.py GRACE LOCK COMMAND...

Standard input is a pipe whose other end only the task holds: it closes when the task wants the
step to end and when the task itself is killed. Then, as on SIGTERM, the step's group gets
SIGTERM and, GRACE seconds later, SIGKILL. The guard lives in a session of its own, so what
ends the task's group does not end the guard. The step inherits the lock on the file LOCK: the
next try of the same task waits until the last one is gone.

Ends with the step's exit code, 128 + n when signal n ended it. Needs only the standard library.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
from types import FrameType

STOPPED = 128 + signal.SIGTERM


class Guard:
    """Runs one command in a process group of its own."""

    def __init__(self, command: list[str], lock: int, grace: float) -> None:
        self.command = command
        self.lock = lock
        self.grace = grace
        self.step: subprocess.Popen[bytes] | None = None
        self.ending = threading.Event()

    def run(self) -> int:
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.step = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, process_group=0, pass_fds=[self.lock]
        )
        if self.ending.is_set():
            self.end_group()
        code = self.step.wait()
        self.signal_group(signal.SIGKILL)  # whatever the step left behind
        return code if code >= 0 else 128 - code

    def end(self) -> None:
        """Ask the group to end, and see to it after the grace period."""
        if self.ending.is_set():
            return
        self.ending.set()
        if self.step is None:
            os._exit(STOPPED)
        self.end_group()

    def end_group(self) -> None:
        self.signal_group(signal.SIGTERM)
        timer = threading.Timer(self.grace, self.kill)
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        print(f"ERROR did not end within {self.grace:g} s of SIGTERM: killed", file=sys.stderr)
        self.signal_group(signal.SIGKILL)

    def signal_group(self, number: int) -> None:
        if self.step is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.step.pid, number)


def main(arguments: list[str]) -> int:
    grace, lock, *command = arguments
    guard = Guard(command, os.open(lock, os.O_RDWR | os.O_CREAT, 0o644), float(grace))

    def on_signal(number: int, frame: FrameType | None) -> None:
        guard.end()

    def watch() -> None:
        while os.read(0, 1024):
            pass
        guard.end()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    threading.Thread(target=watch, daemon=True).start()
    return guard.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
