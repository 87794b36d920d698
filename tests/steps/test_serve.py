"""The verb ``serve``: a Bento from the store alone, over real HTTP, following the champion."""

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from mlproject.errors import InputError
from mlproject.packaging.registry import Registry
from mlproject.serving.launch import check_port, choose
from mlproject.settings import PACKAGE, Settings
from mlproject.steps import register
from mlproject.task import load
from tests.model_fixtures import MakeModel, MlflowServer, free_port, stop, wait_for

Reports = Callable[[Path, bool], tuple[Path, Path]]


@dataclass(frozen=True)
class Place:
    """A home of its own, a task of its own, and the registry."""

    home: Path
    task: str
    name: str
    registry: str

    def start(self, verb: str, inputs: dict[str, str], **environ: str) -> subprocess.Popen[bytes]:
        path = self.home / f"{verb}.json"
        path.write_text(json.dumps({"task": self.task, **inputs}))
        values = {"MLPROJECT_HOME": str(self.home), "MLFLOW_TRACKING_URI": self.registry}
        values |= {"MLPROJECT_SERVICE_POLL_SECONDS": "0.2", "PYTHONPATH": str(PACKAGE.parent)}
        with (self.home / f"{verb}.log").open("wb") as log:
            return subprocess.Popen(
                (sys.executable, "-m", "mlproject", verb, "--inputs", str(path)),
                cwd=self.home,
                env={**os.environ, "BENTOML_HOME": "", **values, **environ},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self, verb: str) -> str:
        return (self.home / f"{verb}.log").read_text()

    @contextmanager
    def serving(self, **environ: str) -> Iterator[str]:
        port = free_port()
        process = self.start("serve", {}, MLPROJECT_SERVICE_PORT=str(port), **environ)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process)


@pytest.fixture
def place(tracking: MlflowServer, own_task: tuple[str, str], tmp_path: Path) -> Place:
    return Place(tmp_path, own_task[0], own_task[1], tracking.url)


@pytest.fixture
def built(place: Place, make_model: MakeModel, reports: Reports, tracking: MlflowServer) -> Place:
    """Versions 1 and 2 are registered, 1 is built and the champion."""
    for seed in (1, 2):
        folder = make_model(seed=seed, run_id=tracking.run())
        report, gate = reports(folder, True)
        inputs = register.Inputs(task=place.task, model=folder, report=report, gate=gate)
        register.run(inputs, Settings(home=place.home))
    assert place.start("build", {"version": "1"}).wait(120) == 0, place.log("build")
    Registry().point(place.name, "champion", "1")
    return place


def ask(url: str) -> dict[str, Any]:
    answer = requests.post(f"{url}/classify", json={"texts": ["公司拖欠工资"]}, timeout=10)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def watch(url: str) -> str:
    return str(requests.get(f"{url}/model", timeout=5).json()["watch"]["registry"])


def test_the_service_answers_and_follows_the_champion(built: Place) -> None:
    with built.serving() as url:
        first = ask(url)
        assert first["model_version"] == "1"
        assert requests.get(f"{url}/model", timeout=5).json()["name"] == built.name
        assert requests.get(f"{url}/ui", timeout=5).status_code == 200
        assert "/predict" in requests.get(f"{url}/docs.json", timeout=5).json()["paths"]
        assert "mlproject_queue_texts" in requests.get(f"{url}/metrics", timeout=5).text
        Registry().point(built.name, "champion", "2")
        until = time.monotonic() + 30
        while (answer := ask(url))["model_version"] == "1" and time.monotonic() < until:
            time.sleep(0.05)
        assert answer["model_version"] == "2"
        assert answer["results"] != first["results"]
    log = built.log("serve")
    assert "version 1 is replaced by 2" in log
    assert "公司拖欠工资" not in log


def test_it_serves_from_the_store_alone_while_mlflow_is_down(built: Place) -> None:
    with built.serving(MLFLOW_TRACKING_URI=f"http://127.0.0.1:{free_port()}") as url:
        assert ask(url)["model_version"] == "1"
        until = time.monotonic() + 30
        while (seen := watch(url)) == "not asked yet" and time.monotonic() < until:
            time.sleep(0.05)
        assert "does not answer" in seen
    log = built.log("serve")
    assert f"serving {built.name}:1" in log
    assert log.count("the champion is not watched") == 1


def test_a_file_of_keys_is_of_the_folder_that_it_was_started_in(built: Place) -> None:
    key = "a key of twenty characters"
    (built.home / "keys").write_text(f"{key}\n")
    with built.serving(MLPROJECT_SERVICE_KEYS_FILE="keys") as url:
        assert requests.get(f"{url}/model", timeout=10).status_code == 401
        headers = {"X-API-Key": key}
        assert requests.get(f"{url}/model", headers=headers, timeout=10).status_code == 200


def test_bytes_on_the_socket_never_break_it(built: Place) -> None:
    chance = random.Random(0)
    head = b"POST /classify HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    sent = [
        *(chance.randbytes(chance.randrange(1, 300)) for _ in range(40)),
        *(head + chance.randbytes(40) + b"\r\n\r\n" for _ in range(20)),
        *(head + b"Content-Length: 9\r\n\r\n" + chance.randbytes(9) for _ in range(20)),
        head + b"Content-Length: -1\r\n\r\n{}",
        head + b"Content-Length: 99999999999999999999\r\n\r\n{}",
        head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"GET /%00%ff%2e%2e/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
    ]
    with built.serving() as url:
        answers = [said(int(url.rpartition(":")[2]), each) for each in sent]
        assert ask(url)["model_version"] == "1"
    statuses = [int(each.split()[1]) for each in answers if each.startswith(b"HTTP/")]
    assert len(statuses) > 40
    assert max(statuses) < 500
    assert "Traceback" not in built.log("serve")


def said(port: int, sent: bytes) -> bytes:
    """What comes back before the connection closes or a moment has passed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(4096)
        except OSError:  # it closed the connection
            return b""


def test_without_a_bento_it_says_what_to_do(place: Place) -> None:
    assert place.start("serve", {}).wait(60) == 2
    assert "run the retrain job" in place.log("serve")


def test_a_tag_that_is_not_there_is_refused(place: Place) -> None:
    with pytest.raises(InputError, match="nothing:1"):
        choose(load(place.task), "nothing:1", Settings(home=place.home))


def test_a_port_in_use_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port}"):
            check_port("127.0.0.1", port)
