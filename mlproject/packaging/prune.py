"""What is left of the versions that were fetched from the registry, lest they fill the disk."""

import logging
import shutil
import time
from collections.abc import Collection
from pathlib import Path

log = logging.getLogger(__name__)

SPARE = 3  # versions beside those that are in use
BROKEN_OFF = 3600.0  # seconds after which a download is not going on any more


def prune(cache: Path, name: str, used: Collection[Path]) -> None:
    """Of the model's versions keep ``used`` and the ``SPARE`` that were used last before.

    Several processes may do so at once.
    """
    others = [path for path in cache.glob(f"{name}-*-*") if path not in used]
    others = [path for path in others if path.name.rsplit("-", 2)[0] == name]
    gone = sorted(others, key=_used_at, reverse=True)[SPARE:]
    broken = time.time() - BROKEN_OFF
    gone += [path for path in cache.glob(".partial-*") if 0 < _used_at(path) < broken]
    for path in gone:
        log.info("%s is removed from %s", path.name, cache)
        shutil.rmtree(path, ignore_errors=True)


def _used_at(path: Path) -> float:
    """Unix seconds; 0 where it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
