"""What a failed step raises, and how long Airflow waits before the next try."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException

LONGEST_WAIT = timedelta(hours=6)


class StepError(AirflowException):
    """The step ended without a result: worth another try."""


class TryLaterError(StepError):
    """A service is down or a quota is spent; ``after`` is how many seconds to wait, if known."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Crashes:
    """How often in a row the tries of one task ended in a way that no waiting mends.

    A crawl is tried a thousand times, as every quota it spends is a try; a fault in it would be
    tried as often. The number is kept in a file: each try is a process of its own.
    """

    MOST = 5

    def __init__(self, folder: Path) -> None:
        self._file = folder / "crashes"

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)

    def one_more(self) -> bool:
        """Count a crash; whether these are enough to give up, after which counting starts anew."""
        try:
            number = int(self._file.read_text(encoding="ascii")) + 1
        except (OSError, ValueError):
            number = 1
        if number >= self.MOST:
            self.forget()
            return True
        self._file.write_text(str(number), encoding="ascii")
        return False


class StepRetryPolicy(RetryPolicy):
    """Waits as long as the step asks for; otherwise the task's own delay applies.

    Evaluated where the task runs, so nothing of it is stored with the DAG.
    """

    def __init__(self, wait: timedelta = timedelta(minutes=1)) -> None:
        self.wait = wait

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Any = None,
    ) -> RetryDecision:
        if not isinstance(exception, TryLaterError):
            return RetryDecision.default()
        wait = self.wait if exception.after is None else timedelta(seconds=exception.after)
        return RetryDecision.retry(delay=min(wait, LONGEST_WAIT), reason=str(exception))
