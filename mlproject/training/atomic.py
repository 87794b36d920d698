"""Files that are there whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from mlproject.errors import TryLaterError


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends well.

    Raises:
        TryLaterError: the disk does not take it; what was there before stays.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise TryLaterError(
            f"{path} cannot be written ({reason}): make room on the disk and run the same step "
            "again; it goes on from what is there"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
