"""What reaches Sentry: where and what kind, never a text."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mlproject.serving import sentry
from mlproject.serving.app import create
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings
from tests.model_fixtures import MakeModel
from tests.serving.conftest import TWO
from tests.serving.test_inference import broken_vocabulary


class Collector:
    """A server that keeps what Sentry's client sends."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                bodies.append(body.decode())
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *given: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def dsn(self) -> str:
        return f"http://key@127.0.0.1:{self.server.server_port}/1"

    def events(self) -> list[dict[str, object]]:
        items = []
        for body in self.bodies:
            _, *lines = body.splitlines()
            pairs = zip(lines[::2], lines[1::2], strict=True)
            items += [json.loads(item) for head, item in pairs if "client_report" not in head]
        return items

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    sentry.end()
    found.stop()


def wait_for(collector: Collector, number: int) -> None:
    until = time.monotonic() + 20
    while len(collector.events()) < number and time.monotonic() < until:
        time.sleep(0.05)


def test_an_error_arrives_without_any_text(
    make_model: MakeModel, tmp_path: Path, collector: Collector
) -> None:
    settings = Settings.model_validate(
        {"service_sentry_dsn": collector.dsn, "service_sentry_traces": 1.0}
    )
    sentry.begin(settings)
    live = LiveModel(TWO, tmp_path)
    live.begin(broken_vocabulary(make_model(seed=8)), "legal-classifier", "9")
    inference = Inference(live, TWO)
    client = TestClient(create(live, inference, settings))
    body = {"texts": ["a very secret text ☠"]}
    answer = client.post("/classify", json=body, headers={"X-Request-ID": "asked"})
    inference.close()
    assert answer.status_code == 500
    wait_for(collector, 2)
    trace, error = sorted(collector.events(), key=lambda event: "exception" in event)
    (value,) = error["exception"]["values"]  # type: ignore[index]
    assert value["value"] == "[removed]"
    assert value["stacktrace"]["frames"][-1]["function"]
    assert error["tags"]["version"] == "9"  # type: ignore[index]
    assert trace["transaction"] == "POST /classify"
    assert trace["tags"] == {"request_id": "asked", "status": "500"}
    sent = "".join(collector.bodies)
    assert "secret" not in sent
    assert "☠" not in sent
    assert "\\u2620" not in sent


def test_without_an_address_nothing_is_sent(client: TestClient, collector: Collector) -> None:
    sentry.begin(Settings())
    sentry.capture(ValueError("a very secret text"))
    with sentry.traced("GET /"):
        pass
    assert client.post("/classify", json={"texts": ["a"]}).status_code == 200
    assert collector.bodies == []
