"""A model that answers in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mlproject.serving.app import create
from mlproject.serving.capacity import Capacity
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings

TWO = Capacity(threads=2, sessions=2, batch_tokens=128)


@pytest.fixture
def live(model_folder: Path, tmp_path: Path) -> LiveModel:
    model = LiveModel(TWO, tmp_path / "registry")
    model.begin(model_folder, "legal-classifier", "3")
    return model


@pytest.fixture
def inference(live: LiveModel) -> Iterator[Inference]:
    found = Inference(live, TWO)
    yield found
    found.close()


@pytest.fixture
def client(live: LiveModel, inference: Inference) -> Iterator[TestClient]:
    with TestClient(create(live, inference)) as found:
        yield found


MakeClient = Callable[..., TestClient]


@pytest.fixture
def client_with(live: LiveModel, inference: Inference) -> MakeClient:
    """``client_with(service_keys=…)``: a client of the application with those settings."""

    def make(**settings: Any) -> TestClient:
        return TestClient(create(live, inference, Settings(**settings)))

    return make
