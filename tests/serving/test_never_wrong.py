"""Swaps, bad champions, a killed worker and a registry that goes away, under many connections."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests
from mlflow import MlflowClient

from mlproject.packaging.registry import Registry
from mlproject.serving.predictor import Predictor
from mlproject.task import load
from tests.model_fixtures import (
    CALLS,
    LABELS,
    OTHERS,
    MakeModel,
    MlflowServer,
    free_port,
    start_mlflow,
    stop,
)
from tests.serving.crowd import Crowd
from tests.steps.test_serve import Place

Reports = Callable[[Path, bool], tuple[Path, Path]]
TEXTS = [text * times for times in (1, 2, 3, 5) for text in (*CALLS, *OTHERS)]
WORKERS = 2
REFUSED = "mlproject_champion_refused"
REACHABLE = "mlproject_registry_reachable"
PATIENCE = 400.0  # seconds for a change to be seen, on a machine that does much else


class Registered:
    """An MLflow server that this test may stop, and models in it."""

    def __init__(self, home: Path, name: str, make: MakeModel, reports: Reports) -> None:
        self.name = name
        self._home, self._port = home, free_port()
        self._make, self._reports = make, reports
        self.server = MlflowServer(url=f"http://127.0.0.1:{self._port}")
        self.known: dict[str, dict[str, list[float]]] = {}

    def start(self) -> None:
        self._process = start_mlflow(self._home, self._port, PATIENCE)

    def stop(self) -> None:
        stop(self._process)

    def add(self, seed: int, labels: tuple[str, ...] = LABELS) -> str:
        """The version of a new model; ``known`` gets what it answers each text alone."""
        folder = self._make(seed=seed, run_id=self.server.run(), labels=labels)
        task = load("legal").model_copy(update={"registered_model": self.name, "labels": labels})
        version = Registry().register(task, folder, *self._reports(folder, True))
        if labels == LABELS:
            predictor = Predictor(folder, 1)
            self.known[version] = {
                text: [float(each) for each in predictor.predict([text])[0]] for text in TEXTS
            }
        return version

    def add_corrupt(self, seed: int, folder: Path) -> str:
        """A version whose tokenizer was changed behind its manifest's back."""
        version = self.add(seed)
        del self.known[version]
        client = MlflowClient(self.server.url)
        found = client.get_model_version(self.name, version)
        (folder / "tokenizer.json").write_text("{}")
        place = str(found.source).split("/artifacts/", 1)[1]
        client.log_artifact(found.run_id, str(folder / "tokenizer.json"), place)
        return version

    def crown(self, version: str) -> None:
        Registry().point(self.name, "champion", version)


@pytest.fixture
def registered(
    tmp_path_factory: pytest.TempPathFactory,
    own_task: tuple[str, str],
    make_model: MakeModel,
    reports: Reports,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Registered]:
    found = Registered(tmp_path_factory.mktemp("registry"), own_task[1], make_model, reports)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", found.server.url)
    found.start()
    yield found
    with suppress(ProcessLookupError):  # it was stopped, and the test ended there
        found.stop()


class Trial:
    """The service under a crowd, and what is done to it meanwhile."""

    def __init__(self, url: str, registered: Registered, connections: int) -> None:
        self.url = url
        self.registered = registered
        self.crowd = Crowd(url, registered.known, LABELS, connections)
        self._thread = threading.Thread(target=lambda: asyncio.run(self.crowd.run()))
        self._thread.start()

    def end(self) -> None:
        self.crowd.stopping = True
        self._thread.join(90)

    def until(self, what: str, seen: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not seen():
            assert not self.crowd.wrong, self.crowd.wrong[:5]
            assert time.monotonic() < until, f"{what} did not happen; {self.crowd.answers}"
            time.sleep(0.05)

    def swap(self, version: str) -> None:
        """Every worker answers with that version."""
        self.registered.crown(version)
        self.until(f"version {version}", lambda: self.workers_with(version) == WORKERS)

    def refused(self, version: str) -> None:
        """Every worker says that it does not take that version."""
        self.registered.crown(version)
        self.until(f"refusal of {version}", lambda: self.number(REFUSED) == WORKERS)
        found = requests.get(f"{self.url}/readyz", timeout=PATIENCE)
        assert found.status_code == 200
        assert found.json()["refused"].startswith(f"version {version}: ")

    def workers_with(self, version: str) -> float:
        return self.number(f'mlproject_model_workers{{version="{version}"}}')

    def number(self, name: str) -> float:
        """One number of ``/metrics``, which is of all workers together."""
        text = requests.get(f"{self.url}/metrics", timeout=PATIENCE).text
        found = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    def kill_a_worker(self, server: int) -> None:
        before = set(workers(server))
        victim = min(before)
        self.crowd.killed.append(time.monotonic())
        os.kill(victim, 9)
        self.until("a new worker", lambda: len(set(workers(server)) - {victim}) == len(before))
        self.until(
            "its model", lambda: sum(map(self.workers_with, self.registered.known)) == WORKERS
        )

    def registry_away(self) -> None:
        self.registered.stop()
        self.until("no registry", lambda: self.number(REACHABLE) == 0)
        self.registered.start()
        self.until("the registry again", lambda: self.number(REACHABLE) == WORKERS)


def workers(server: int) -> list[int]:
    found = []
    for each in psutil.Process(server).children(recursive=True):
        with suppress(psutil.Error):  # it ends just now
            if "_bentoml_impl.worker.service" in each.cmdline():
                found.append(each.pid)
    return found


def run(
    registered: Registered, task: str, home: Path, good: int, connections: int, seconds: float
) -> Crowd:
    """``good`` swaps, a corrupt champion, one with other labels, a kill, a registry away."""
    first = registered.add(1)
    versions = [registered.add(seed) for seed in range(2, 2 + good)]
    corrupt = registered.add_corrupt(100, home)
    turned = registered.add(101, LABELS[::-1])
    registered.crown(first)
    place = Place(home, task, registered.name, registered.server.url)
    assert place.start("build", {"version": first}).wait(120) == 0, place.log("build")
    started = time.monotonic()
    with place.serving(MLPROJECT_SERVICE_WORKERS=str(WORKERS)) as url:
        (server,) = servers(home)
        trial = Trial(url, registered, connections)
        try:
            half = len(versions) // 2
            pause = seconds / (good + 4)
            for version in versions[:half]:
                trial.swap(version)
                time.sleep(pause)
            trial.refused(corrupt)
            trial.kill_a_worker(server)
            trial.swap(versions[0])
            trial.registry_away()
            trial.refused(turned)
            for version in versions[half:]:
                trial.swap(version)
                time.sleep(pause)
            while time.monotonic() < started + seconds:
                time.sleep(0.1)
        finally:
            trial.end()
    return trial.crowd


def servers(home: Path) -> list[int]:
    """The process that ``serve`` became, by its working directory."""
    own = psutil.Process().children()
    return [each.pid for each in own if each.cwd() == str(home) and "serve" in each.cmdline()]


def judge(crowd: Crowd, known: dict[str, dict[str, list[float]]]) -> None:
    print(f"{sum(crowd.answers.values())} answers, {dict(crowd.answers)}, {crowd.lost} lost")
    assert crowd.wrong == []
    assert crowd.lost <= crowd.connections
    assert set(crowd.answers) == set(known)


@pytest.mark.timeout(1200)
def test_nothing_that_happens_gives_a_wrong_answer(
    registered: Registered, own_task: tuple[str, str], tmp_path: Path
) -> None:
    crowd = run(registered, own_task[0], tmp_path, good=2, connections=64, seconds=5)
    judge(crowd, registered.known)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nothing_goes_wrong_in_two_minutes_of_ten_swaps(
    registered: Registered, own_task: tuple[str, str], tmp_path: Path
) -> None:
    crowd = run(registered, own_task[0], tmp_path, good=8, connections=64, seconds=120)
    judge(crowd, registered.known)
