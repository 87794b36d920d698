"""Stopping on request: SIGTERM ends a step with 143, at once or after it saved its work."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mlproject.errors import StoppedError

_requested = threading.Event()
_graceful = threading.Event()


def _on_signal(signum: int, frame: FrameType | None) -> None:
    _requested.set()
    if not _graceful.is_set():
        raise SystemExit(StoppedError.exit_code)


def install() -> None:
    """Take over SIGTERM; with MLPROJECT_STOP_WITH_PARENT=1 also stop when the parent is gone."""
    signal.signal(signal.SIGTERM, _on_signal)
    if os.environ.get("MLPROJECT_STOP_WITH_PARENT") == "1":
        threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def requested() -> bool:
    """Whether a stop was asked for."""
    return _requested.is_set()


@contextmanager
def graceful() -> Iterator[None]:
    """Inside this block a stop only sets ``requested``; the block polls it and raises itself."""
    _graceful.set()
    try:
        yield
    finally:
        _graceful.clear()
