"""The errors of this project. Each knows the exit code that the step ends with."""


class MlprojectError(Exception):
    """Base of all errors that a user can do something about; its text is one line."""

    exit_code = 1


class InputError(MlprojectError):
    """The input is wrong: it names what, the value and what to do. Not worth a retry."""

    exit_code = 2


class TryLaterError(MlprojectError):
    """A service is down or a quota is spent: the same call can succeed later.

    ``after`` is the number of seconds to wait, where it is known.
    """

    exit_code = 75

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class StoppedError(MlprojectError):
    """Stopped on request, after what can be gone on with was saved."""

    exit_code = 143
