"""One process at a time in a folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlproject.errors import TryLaterError


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold ``folder/lock`` as long as the block runs; it is free when the process is gone.

    Raises:
        TryLaterError: another process holds it.
    """
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TryLaterError(f"another process is at work in {folder}", after=30) from None
        yield
