from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.training import folder
from tests.model_fixtures import write_training


@pytest.mark.parametrize("kept", [-100, 0])
def test_weights_that_are_cut_short_are_one_line(tmp_path: Path, kept: int) -> None:
    file = write_training(tmp_path / "t") / folder.WEIGHTS
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be read"):
        folder.load(tmp_path / "t")
