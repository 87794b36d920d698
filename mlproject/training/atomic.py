"""Files that are there whole or not at all, also after a power cut."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlproject.errors import InputError, MlprojectError, TryLaterError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NUMBER = re.compile(r"\(os error (\d+)\)")  # how libraries in Rust name what the system said


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends well.

    Raises:
        TryLaterError: the disk is full; what was there before stays.
        InputError: the system does not take it for another reason; nothing changes either.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        _to_disk(partial)
        partial.replace(path)
        _to_disk(path.parent)
    except Exception as error:
        if isinstance(error, MlprojectError) or (number := _number(error)) is None:
            raise
        raise _refused(path, number, " ".join(str(error).split())) from None
    finally:
        _remove(partial)


def _to_disk(path: Path) -> None:
    """A name that is exchanged before the bytes are on the disk can name an empty file later."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:  # said already, of writing it
        return


def _number(error: Exception) -> int | None:
    """What the system said, of Python's own errors and of those of safetensors and tokenizers."""
    if isinstance(error, OSError):
        return error.errno
    found = NUMBER.search(str(error))
    return int(found[1]) if found else None


def _refused(path: Path, number: int, reason: str) -> MlprojectError:
    if number in FULL:
        return TryLaterError(
            f"{path} cannot be written ({reason}): make room on the disk and run the same step "
            "again; it goes on from what is there"
        )
    return InputError(
        f"{path} cannot be written ({reason}): see that the folder is there and may be written to"
    )
