"""Parity is a gate: an export that moves a probability does not pass."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mlproject.dataset.read import load as load_dataset
from mlproject.errors import InputError
from mlproject.packaging import parity
from mlproject.serving.predictor import Predictor
from mlproject.training.folder import load


def test_the_rows_are_those_that_training_never_saw(dataset: Path) -> None:
    rows = load_dataset(dataset)
    seen = {row.id for row in rows.splits["train"]}
    chosen = parity.evaluation_texts(rows)
    assert len(chosen) == 40
    assert not seen & {name for name, _ in chosen}


def test_a_limit_takes_always_the_same_rows(dataset: Path) -> None:
    rows = load_dataset(dataset)
    assert parity.evaluation_texts(rows, 7) == parity.evaluation_texts(rows)[:7]


def test_a_broken_export_names_ids_and_no_text(
    model_folder: Path, training: Path, dataset: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(model_folder, tmp_path / "broken")
    model = onnx.load(str(broken / "model.onnx"))
    (weight,) = [item for item in model.graph.initializer if item.name == "output.weight"]
    moved = numpy_helper.to_array(weight) + np.float32(0.01)
    moved[0] += np.float32(0.01)
    weight.CopyFrom(numpy_helper.from_array(moved, weight.name))
    onnx.save(model, str(broken / "model.onnx"))
    rows = parity.evaluation_texts(load_dataset(dataset))
    texts = [text for _, text in rows]
    expected = parity.reference(load(training), texts)
    predictor = Predictor.of_files(broken, 48, threads=1)
    with pytest.raises(InputError) as caught:
        parity.check(predictor, rows, expected, "d")
    assert any(name in str(caught.value) for name, _ in rows)
    assert not any(text in str(caught.value) for text in texts)


def test_a_data_set_without_evaluation_rows_is_refused(dataset: Path) -> None:
    rows = load_dataset(dataset)
    for split in parity.SPLITS:
        rows.splits.pop(split)
    with pytest.raises(InputError, match="no rows"):
        parity.evaluation_texts(rows)
