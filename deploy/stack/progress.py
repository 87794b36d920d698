"""What a person sees while the demo runs: one line per step, alive in a terminal."""

import shutil
import sys
import time
from typing import TextIO

from deploy.stack.airflow import FINAL, TaskState

EVERY = 15.0  # seconds between two lines about the same task, where there is no terminal


class Progress:
    """Prints lines; in a terminal the last one is rewritten while a task runs."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.out = out
        self.start = time.monotonic()
        self._open = False
        self._told: dict[tuple[str, str], float] = {}
        self._finished: set[tuple[str, str]] = set()

    def say(self, text: str) -> None:
        self._clear()
        print(f"[{self._clock()}] {text}", file=self.out, flush=True)

    def show(self, dag: str, tasks: list[TaskState], line: str) -> None:
        """The state of a run: finished tasks once, the running one live."""
        for task in tasks:
            if task.state in FINAL and (dag, task.name) not in self._finished:
                self._finished.add((dag, task.name))
                place = tasks.index(task) + 1
                mark = "" if task.state == "success" else f" {task.state}"
                self.say(f"{dag} {place}/{len(tasks)} {task.name}{mark} ({task.seconds:.0f} s)")
        running = [task for task in tasks if task.state not in (*FINAL, "waiting")]
        if running:
            self._live(dag, running[0], tasks, line)

    def _live(self, dag: str, task: TaskState, tasks: list[TaskState], line: str) -> None:
        key = (dag, task.name)
        began = self._told.setdefault(key, time.monotonic())
        place = [other.name for other in tasks].index(task.name) + 1
        tried = f", try {task.attempt}" if task.attempt > 1 else ""
        seconds = time.monotonic() - began
        text = f"{dag} {place}/{len(tasks)} {task.name} {task.state}{tried} {seconds:.0f} s  {line}"
        if self.out.isatty():
            self._clear()
            self.out.write(f"[{self._clock()}] {text}"[: shutil.get_terminal_size().columns - 1])
            self.out.flush()
            self._open = True
        elif seconds >= EVERY * (self._told.setdefault((dag, task.name + " lines"), 0.0) + 1):
            self._told[dag, task.name + " lines"] += 1
            self.say(text[:160])

    def again(self, dag: str) -> None:
        """Forget what was shown of a DAG: a new run of it starts."""
        self._finished = {key for key in self._finished if key[0] != dag}
        self._told = {key: value for key, value in self._told.items() if key[0] != dag}

    def _clear(self) -> None:
        if self._open:
            self.out.write("\r\x1b[K")
            self._open = False

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.start), 60)
        return f"{minutes:02}:{seconds:02}"
