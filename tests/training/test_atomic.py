from pathlib import Path

import pytest

from mlproject.errors import InputError, TryLaterError
from mlproject.training.atomic import written


def _begin(partial: Path) -> None:
    partial.write_text("half")
    with Path("/dev/full").open("w") as full:
        full.write("more")


def test_a_full_disk_is_for_later(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    with pytest.raises(TryLaterError, match="make room"), written(path) as partial:
        _begin(partial)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


def test_what_libraries_say_of_a_full_disk_is_understood(tmp_path: Path) -> None:
    with pytest.raises(TryLaterError, match="make room"), written(tmp_path / "file"):
        raise Exception("No space left on device (os error 28)")  # as tokenizers does


def test_a_place_that_takes_no_file_is_a_wrong_input(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "file"
    with pytest.raises(InputError, match=r"nowhere/file cannot be written"), written(missing) as to:
        to.write_text("more")
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(InputError, match="folder cannot be written"),
        written(tmp_path / "folder") as partial,
    ):
        partial.write_text("more")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_another_error_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), written(tmp_path / "file"):
        raise ZeroDivisionError
