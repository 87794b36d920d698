"""The servers of ``benchmarks.serving``, each started alone and ended with its children."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import requests

from benchmarks import serving_models as models
from benchmarks.serving_texts import SHAPES

ROOT = Path(__file__).resolve().parent.parent
TEXT = "公司拖欠工资三个月了，该怎么办？"
START_SECONDS = 120


class Server:
    """One server; as a context manager it runs inside the block."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environ: dict[str, str],
        port: int,
        shape: str = "text",
        path: str = "/classify",
    ) -> None:
        self.name = name
        self.port = port
        self.shape = shape
        self.path = path
        self._command = command
        self._environ = environ

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self._environ},
            stdout=subprocess.DEVNULL,
            stderr=None if "BENCHMARK_LOG" in os.environ else subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.__exit__(None, None, None)
                raise SystemExit(f"{self.name} did not start: {' '.join(self._command)}")
            time.sleep(0.02)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(15)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _answers(self) -> bool:
        headers = {"Content-Type": "application/json"}
        try:
            body = SHAPES[self.shape](TEXT)
            return requests.post(self.url(self.path), body, headers=headers, timeout=10).ok
        except requests.RequestException:
            return False

    def tokenize_share(self) -> float:
        """Seconds of tokenising for one second of the model."""
        text = requests.get(self.url("/metrics"), timeout=10).text
        values = {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in text.splitlines())
            if name in ("mlproject_tokenize_seconds_total", "mlproject_batch_seconds_sum")
        }
        seconds = values["mlproject_tokenize_seconds_total"]
        return seconds / values["mlproject_batch_seconds_sum"]


def resident_mb(server: Server) -> float:
    """Memory of the largest process of a server, which is its worker."""
    family = [psutil.Process(server.process.pid)]
    family += family[0].children(recursive=True)
    return max(process.memory_info().rss for process in family) / 1e6


class Servers:
    """Makes servers of one model."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.model = model
        self._folder = folder
        self._versions = 0

    def ours(self, name: str, model: Path) -> Server:
        self._versions += 1
        home = self._folder / "home"
        tag = models.bento(model, str(self._versions), home)
        port = free_port()
        environ = {
            "MLPROJECT_HOME": str(home),
            "BENTOML_HOME": str(home / "bentos"),
            "BENTOML_DO_NOT_TRACK": "True",
            "MLPROJECT_SERVICE_PORT": str(port),
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        }
        command = [sys.executable, "-m", "bentoml", "serve", tag]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        return Server(name, command, environ, port, shape="texts")

    def floor(self) -> Server:
        port = free_port()
        command = [sys.executable, "-m", "bentoml", "serve", "benchmarks.peer_bento:Floor"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        environ = {"BENTOML_HOME": str(self._folder / "floor"), "BENTOML_DO_NOT_TRACK": "True"}
        return Server("empty app in BentoML", command, environ, port, shape="texts")

    def classic(self) -> Iterator[Server]:
        yield self._gunicorn("classic, 4 workers", "True", 4, 0)

    def dynamic(self) -> Iterator[Server]:
        cores = len(os.sched_getaffinity(0))
        for workers in range(1, 5):
            for threads in sorted({1, max(1, cores // workers), cores}):
                yield self._gunicorn(f"Flask {workers} × {threads}", "False", workers, threads)

    def _gunicorn(self, name: str, padded: str, workers: int, threads: int) -> Server:
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "-w", str(workers)]
        command += ["-b", f"127.0.0.1:{port}", f"benchmarks.peers:flask_app({padded})"]
        return Server(name, command, self._environ(threads), port)

    def pipeline(self) -> Iterator[Server]:
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.peers:fastapi_app"]
        command += ["--port", str(port), "--log-level", "warning"]
        yield Server("PyTorch pipeline", command, self._environ(0), port)

    def mlflow(self) -> Iterator[Server]:
        import mlflow.pyfunc

        saved = self._folder / "mlflow-model"
        mlflow.pyfunc.save_model(
            str(saved),
            python_model=str(ROOT / "benchmarks" / "peer_mlflow.py"),
            pip_requirements=[],
        )
        port = free_port()
        command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(saved)]
        command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
        environ = {**self._environ(0), "MLFLOW_DISABLE_TELEMETRY": "true"}
        yield Server("MLflow's server", command, environ, port, "inputs", "/invocations")

    def _environ(self, threads: int) -> dict[str, str]:
        return {"PEER_MODEL": str(self.model), "PEER_THREADS": str(threads)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
