"""What is left of the fetched versions."""

import os
import time
from pathlib import Path

from mlproject.packaging.prune import SPARE, prune


def put(cache: Path, name: str, age: float) -> Path:
    folder = cache / name
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"")
    then = time.time() - age
    os.utime(folder, (then, then))
    return folder


def test_those_in_use_and_the_last_few_stay(tmp_path: Path) -> None:
    folders = [put(tmp_path, f"legal-{number}-{'a' * 16}", 100 - number) for number in range(9)]
    prune(tmp_path, "legal", (folders[0], folders[1]))
    assert sorted(tmp_path.iterdir()) == sorted([*folders[:2], *folders[-SPARE:]])


def test_other_models_are_left_alone(tmp_path: Path) -> None:
    others = [put(tmp_path, f"legal-other-{number}-{'a' * 16}", number) for number in range(9)]
    prune(tmp_path, "legal", ())
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_what_a_killed_process_left_goes_after_an_hour(tmp_path: Path) -> None:
    put(tmp_path, ".partial-old", 4_000)
    young = put(tmp_path, ".partial-young", 1_000)
    prune(tmp_path, "legal", ())
    assert list(tmp_path.iterdir()) == [young]


def test_a_folder_that_is_not_there_yet_is_no_trouble(tmp_path: Path) -> None:
    prune(tmp_path / "nothing", "legal", ())
