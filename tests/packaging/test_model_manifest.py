"""A model folder is what its manifest says, or it is not used."""

import json
import shutil
from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.packaging.manifest import Manifest, read


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_folder, tmp_path / "model")


def test_a_whole_folder_is_read(model_folder: Path) -> None:
    manifest = read(model_folder)
    assert manifest.labels == ("other", "consultation")
    assert manifest.model_sha256 == model_folder.name


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_changed_file_is_refused(copy: Path, name: str) -> None:
    with (copy / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(InputError, match=name):
        read(copy)


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(InputError, match="missing"):
        read(copy)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["one"]},
        {"format": 2},
        {"unknown": 1},
        {"files": {}},
        {"files": {"../model.onnx": "0", "model.onnx": "0", "tokenizer.json": "0"}},
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(copy: Path, change: dict[str, object]) -> None:
    values = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(values | change))
    with pytest.raises(InputError):
        read(copy)


@pytest.mark.parametrize(
    ("threshold", "probabilities", "label"),
    [
        (0.5, (0.5, 0.5), "consultation"),
        (0.3, (0.6, 0.4), "consultation"),
        (0.7, (0.4, 0.6), "other"),
    ],
)
def test_the_threshold_decides(
    model_folder: Path, threshold: float, probabilities: tuple[float, ...], label: str
) -> None:
    manifest = read(model_folder).model_copy(update={"threshold": threshold})
    assert manifest.label_of(probabilities) == label


def test_without_a_positive_label_the_most_probable_wins(model_folder: Path) -> None:
    manifest: Manifest = read(model_folder).model_copy(update={"positive": None})
    assert manifest.label_of((0.51, 0.49)) == "other"
