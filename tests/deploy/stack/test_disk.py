"""A disk that is too full to start on."""

from pathlib import Path

import pytest

from deploy.stack import disk
from mlproject.errors import InputError


def test_too_little_space_is_one_line_with_the_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"free at {tmp_path}, 1e\\+09 GB are needed") as caught:
        disk.check(tmp_path, least=1e9)
    assert "\n" not in str(caught.value)


def test_enough_space_is_no_matter(tmp_path: Path) -> None:
    assert disk.check(tmp_path, least=0.0) is None  # type: ignore[func-returns-value]
