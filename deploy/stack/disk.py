"""Room for what a running stack writes."""

import shutil
from pathlib import Path

from mlproject.errors import InputError

LEAST = 0.5  # GB: PostgreSQL's new cluster, logs and one training


def check(folder: Path, least: float = LEAST) -> None:
    """
    Raises:
        InputError: less than ``least`` GB are free where the folder lies.
    """
    free = shutil.disk_usage(folder).free / 1e9
    if free < least:
        raise InputError(
            f"{free:.1f} GB free at {folder}, {least:g} GB are needed: free some space"
        )
