"""A model that answers in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mlproject.serving.app import create
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel


@pytest.fixture
def live(model_folder: Path, tmp_path: Path) -> LiveModel:
    model = LiveModel(threads=1, cache=tmp_path / "registry")
    model.begin(model_folder, "legal-classifier", "3")
    return model


@pytest.fixture
def client(live: LiveModel) -> Iterator[TestClient]:
    inference = Inference(live)
    with TestClient(create(live, inference)) as found:
        yield found
    inference.close()
