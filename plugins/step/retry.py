"""What a failed step raises, and how long Airflow waits before the next try."""

from datetime import timedelta
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
