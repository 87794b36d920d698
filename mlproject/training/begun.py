"""The run of a training that is not finished, on disk from the moment that MLflow has it."""

from pathlib import Path

from mlproject.training.atomic import written

NAME = "run"


def read(folder: Path) -> str:
    """Its id; "" where there is none."""
    path = folder / NAME
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def keep(folder: Path, run_id: str) -> None:
    """
    Raises:
        TryLaterError: the disk does not take it.
    """
    if run_id and run_id != read(folder):
        with written(folder / NAME) as partial:
            partial.write_text(run_id + "\n", encoding="utf-8")


def forget(folder: Path) -> None:
    (folder / NAME).unlink(missing_ok=True)
