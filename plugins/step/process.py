"""One run of a step as a child process: its files, its output line by line, its end."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from step import environment, guard

POLL = 0.1  # seconds between two looks at the output


class TaskOrphanedError(Exception):
    """The process that supervises the task is gone: nobody would take the result."""


def safe(name: str) -> str:
    """The name as one folder: short, without separators, and different for different names."""
    if re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:80].strip("-") + "-" + digest


class StepProcess:
    """Runs ``python -m mlproject VERB`` under the guard; ``lines`` lasts as long as the step.

    Output goes to a file in ``folder`` and is read back from there, so a step whose task was
    killed can still write while it saves its work.
    """

    def __init__(
        self, verb: str, inputs: Mapping[str, Any], folder: Path, extra: Mapping[str, str]
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.result_path = folder / "result.json"
        self.result_path.unlink(missing_ok=True)
        inputs_path = folder / "inputs.json"
        inputs_path.write_text(json.dumps(inputs, ensure_ascii=False, indent=2), encoding="utf-8")
        self.command = [
            *(environment.python(), "-m", "mlproject", verb),
            *("--inputs", str(inputs_path), "--result", str(self.result_path)),
        ]
        self.log_path = folder / "output.log"
        self.log_path.unlink(missing_ok=True)  # a try that is still ending keeps its own
        self._parent = os.getppid()
        with self.log_path.open("wb") as log:
            self._guard = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", guard.__file__),
                    *(str(environment.grace()), str(folder / "lock"), *self.command),
                ],
                cwd=environment.ROOT,
                env={**environment.passed_on(), **extra, "MLPROJECT_STOP_WITH_PARENT": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()

    def lines(self) -> Iterator[str]:
        """The step's output as it comes, until the step has ended.

        Raises:
            TaskOrphanedError: the supervisor of this process is gone.
        """
        rest = b""
        with self.log_path.open("rb") as log:
            while True:
                ended = self._guard.poll() is not None
                *whole, rest = re.split(rb"[\r\n]+", rest + log.read())
                yield from (line.decode("utf-8", "replace") for line in whole if line.strip())
                if ended:
                    break
                if os.getppid() != self._parent:
                    raise TaskOrphanedError
                time.sleep(POLL)
        if rest.strip():
            yield rest.decode("utf-8", "replace")

    def code(self) -> int:
        """The step's exit code, once it has ended."""
        return self._guard.wait()

    def result(self) -> dict[str, Any] | None:
        """What the step wrote to its result file; None where that is no JSON object."""
        try:
            value = json.loads(self.result_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def end(self) -> None:
        """Ask the guard to end the step's group; returns at once, also when called again."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
