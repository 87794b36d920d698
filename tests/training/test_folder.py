from pathlib import Path

import pytest
import torch

from mlproject.errors import InputError, TryLaterError
from mlproject.training import folder
from tests.model_fixtures import write_training
from tests.steps.test_full_disk import Disk
from tests.steps.test_full_disk import disk as disk


@pytest.mark.parametrize("kept", [-100, 0])
def test_weights_that_are_cut_short_are_one_line(tmp_path: Path, kept: int) -> None:
    file = write_training(tmp_path / "t") / folder.WEIGHTS
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be read"):
        folder.load(tmp_path / "t")


def test_weights_that_a_full_disk_does_not_take_are_for_later(disk: Disk) -> None:
    small, large = ({"w": torch.ones(size)} for size in (1_000, 2_000_000))  # of 4 MB
    folder.write_weights(disk.folder, small)
    before = (disk.folder / folder.WEIGHTS).read_bytes()
    with pytest.raises(TryLaterError, match=r"model\.safetensors cannot be written .* make room"):
        folder.write_weights(disk.folder, large)
    assert disk.files() == [folder.WEIGHTS]
    assert (disk.folder / folder.WEIGHTS).read_bytes() == before
    disk.mount("100m", "remount")
    folder.write_weights(disk.folder, large)
