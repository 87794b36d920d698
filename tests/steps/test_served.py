"""What a training settled on is what is served: activation, threshold, temperature."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mlproject.dataset import read
from mlproject.packaging.convert import convert
from mlproject.packaging.options import Conversion
from mlproject.serving.predictor import Predictor
from mlproject.task import Task, load
from mlproject.training import folder
from mlproject.training.origin import Origin
from mlproject.training.plan import plan
from mlproject.training.record import Record
from mlproject.training.tokens import encode
from mlproject.training.tracking import LogTracker
from mlproject.training.train import train
from tests.dataset_fixtures import write
from tests.training.conftest import rows

GIVEN = {"epochs": 2, "max_length": 24, "focal_gamma": 2.0, "threshold_precision": 0.9}


@pytest.fixture(scope="module")
def task() -> Task:
    few = Conversion(candidates=("fp32",), peers=False, timing_seconds=0.01)
    return load("legal").model_copy(update={"conversion": few})


@pytest.fixture(scope="module")
def trained(task: Task, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Record, Path]:
    """A training with focal loss and a wanted precision, its record, and its model folder."""
    home = tmp_path_factory.mktemp("served")
    dataset = read.load(write(home / "datasets", task, rows(256)))
    place, record = train(plan(task, dataset, Origin("tiny"), GIVEN), home / "t", 1, LogTracker())
    return place, record, convert(task, place, dataset, home / "models", threads=1)


def test_the_softmax_that_the_loss_is_about_is_what_is_served(
    trained: tuple[Path, Record, Path],
) -> None:
    place, _, model = trained
    network = folder.load(place)
    texts = ["押金被拖着不给，能起诉吗", "键盘真好用，推荐给大家", "合同"]
    tokens = encode(texts, network.tokenizer, torch.device("cpu"))
    with torch.inference_mode():
        expected = [
            network.model(tokens.ids[start : start + size][None].long(), torch.ones(1, size))
            .softmax(-1)[0]
            .numpy()
            for start, size in zip(tokens.starts.tolist(), tokens.lengths.tolist(), strict=True)
        ]
    np.testing.assert_allclose(Predictor(model, 1).predict(texts), expected, atol=1e-5)


def test_threshold_and_temperature_are_in_the_manifest(trained: tuple[Path, Record, Path]) -> None:
    _, record, model = trained
    manifest = Predictor(model, 1).manifest
    assert (manifest.threshold, manifest.temperature) == (record.threshold, record.temperature)
    assert manifest.temperature != 1.0
    assert record.hyperparameters["threshold_precision"] == 0.9
    assert record.calibrated["precision"] >= 0.9
