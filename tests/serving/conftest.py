"""A model that answers in this process."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from mlproject.serving.app import create
from mlproject.serving.capacity import Capacity
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings
from tests.model_fixtures import free_port

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


class Site:
    """The application on a port, with the settings of a test."""

    def __init__(self, live: LiveModel, inference: Inference) -> None:
        self._live = live
        self._inference = inference
        self._servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def ask(self, texts: list[str]) -> list[dict[str, Any]]:
        """The answers of ``/classify``."""
        with TestClient(create(self._live, self._inference)) as client:
            found: list[dict[str, Any]] = client.post("/classify", json={"texts": texts}).json()[
                "results"
            ]
        return found

    def start(self, settings: Settings, inference: Inference | None = None) -> str:
        """The address; ``inference``: another one than the test's."""
        port = free_port()
        app = create(self._live, inference or self._inference, settings)
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        self._servers.append((server, thread))
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        while self._servers:
            server, thread = self._servers.pop()
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def site(live: LiveModel, inference: Inference) -> Iterator[Site]:
    found = Site(live, inference)
    yield found
    found.stop()
