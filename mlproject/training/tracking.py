"""Where runs are logged: MLflow where MLFLOW_TRACKING_URI is set, else the log alone.

The record of a training is the buffer: whatever the server has not taken is sent with the next
epoch, and at the end until it is taken.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mlproject.dataset.read import Dataset
from mlproject.errors import StoppedError
from mlproject.training.record import Record


class Tracker(Protocol):
    def update(self, record: Record, dataset: Dataset) -> str:
        """Send what is new; the run's id, or "" as long as there is none. Never fails."""

    def finish(self, record: Record, dataset: Dataset, folder: Path) -> str:
        """Send what is left and the folder's small files; the run's id.

        Raises:
            TryLaterError: the server was down all the while.
            InputError: the server refuses what it is sent.
        """

    def knows(self, run_id: str) -> bool:
        """Whether the run is there; a server that is down is believed to have it."""

    def end(self, run_id: str, status: str) -> None:
        """Give a run that did not finish its status: KILLED or FAILED. Never fails."""

    def attach(
        self,
        run_id: str,
        values: Mapping[str, float],
        files: Sequence[Path],
        tags: Mapping[str, str],
    ) -> None:
        """Add metrics, files (or folders) and tags to a run; nothing where ``run_id`` is "".

        Raises:
            TryLaterError: the server was down all the while.
            InputError: the server refuses what it is sent.
        """


@contextmanager
def ended(tracker: Tracker, run_id: Callable[[], str]) -> Iterator[None]:
    """Give the run its status where the block fails."""
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, StoppedError | SystemExit | KeyboardInterrupt)
        tracker.end(run_id(), "KILLED" if stopped else "FAILED")
        raise


def of_environment(environ: Mapping[str, str] = os.environ) -> Tracker:
    """The tracker that the environment asks for."""
    uri = environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        return LogTracker()
    from mlproject.training.mlflow_tracker import MlflowTracker  # not on every GPU machine

    return MlflowTracker(uri, environ.get("MLFLOW_RUN_ID", ""))


class LogTracker:
    """Nothing but the log lines that the steps write themselves."""

    def update(self, record: Record, dataset: Dataset) -> str:
        return record.run_id

    def finish(self, record: Record, dataset: Dataset, folder: Path) -> str:
        return record.run_id

    def knows(self, run_id: str) -> bool:
        return True

    def end(self, run_id: str, status: str) -> None:
        return None

    def attach(
        self,
        run_id: str,
        values: Mapping[str, float],
        files: Sequence[Path],
        tags: Mapping[str, str],
    ) -> None:
        return None
