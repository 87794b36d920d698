"""The servers of ``benchmarks.serving``, each started alone and ended with its children."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import requests

from benchmarks import serving_models
from benchmarks.machine import CORES, largest_mb
from benchmarks.serving_texts import SHAPES

ROOT = Path(__file__).resolve().parent.parent
TEXT = "公司拖欠工资三个月了，该怎么办？"
START_SECONDS = 120
WORKERS = range(1, 5)  # of gunicorn


class Server:
    """One server; as a context manager it runs inside the block."""

    def __init__(
        self,
        name: str,
        command: list[str],
        port: int,
        environ: Mapping[str, str],
        shape: str = "text",
        path: str = "/classify",
    ) -> None:
        self.name = name
        self.port = port
        self.shape = shape
        self.path = path
        self.start_seconds = 0.0  # to the first answer
        self._command = command
        self._environ = environ

    def __enter__(self) -> Self:
        started = time.monotonic()
        self.process = psutil.Popen(
            [sys.executable, "-m", *self._command],
            cwd=ROOT,
            env={**os.environ, "PATH": _path(), "PYTHONPATH": str(ROOT), **self._environ},
            stdout=subprocess.DEVNULL,
            stderr=None if "BENCHMARK_LOG" in os.environ else subprocess.DEVNULL,
            start_new_session=True,
        )
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > started + START_SECONDS:
                self.__exit__(None, None, None)
                raise SystemExit(f"{self.name} did not start: {' '.join(self._command)}")
            time.sleep(0.02)
        self.start_seconds = time.monotonic() - started
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
            except (ProcessLookupError, subprocess.TimeoutExpired, psutil.TimeoutExpired):
                continue

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def memory_mb(self) -> float:
        return largest_mb(self.process)

    def tokenize_share(self) -> float:
        """Of the time that tokenising, cleaning and the model take together: 0 to 1."""
        text = requests.get(self.url("/metrics"), timeout=10).text
        values = {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in text.splitlines())
            if name in ("mlproject_tokenize_seconds_total", "mlproject_batch_seconds_sum")
        }
        return values["mlproject_tokenize_seconds_total"] / sum(values.values())

    def _answers(self) -> bool:
        headers = {"Content-Type": "application/json"}
        try:
            body = SHAPES[self.shape](TEXT)
            return requests.post(
                self.url(self.path), body, headers=headers, timeout=START_SECONDS
            ).ok
        except requests.RequestException:
            return False


class Servers:
    """Makes servers, each of one model's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions = 0

    def ours(self, model: Path) -> Server:
        self._versions += 1
        home = self._folder / "home"
        os.environ["BENTOML_HOME"] = str(home / "bentos")  # never that of a stack
        tag = serving_models.bento(model, str(self._versions), home)
        port = free_port()
        environ = {
            "MLPROJECT_HOME": str(home),
            "BENTOML_HOME": str(home / "bentos"),
            "MLPROJECT_SERVICE_PORT": str(port),
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        }
        return Server(
            f"ours, {model.name}", ["mlproject", "serve", "--bento", tag], port, environ, "texts"
        )

    def floor(self) -> Server:
        port = free_port()
        command = ["bentoml", "serve", "benchmarks.peer_bento:Floor"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        environ = {"BENTOML_HOME": str(self._folder / "floor"), "BENTOML_DO_NOT_TRACK": "True"}
        return Server("empty app in BentoML", command, port, environ, "texts")

    def classic(self, model: Path) -> Server:
        """As Flask's tutorial starts gunicorn, every text padded."""
        return self.gunicorn(model, 4, 1, 0, padded=True)

    def dynamic(self, model: Path, quick: bool) -> Iterator[Server]:
        """gunicorn with every number of workers, threads of it and threads of the model."""
        for workers in (1, CORES) if quick else WORKERS:
            for threads in sorted({1, CORES}):
                for concurrent in (1,) if quick else (1, 4):
                    yield self.gunicorn(model, workers, concurrent, threads)

    def gunicorn(
        self, model: Path, workers: int, concurrent: int, threads: int, padded: bool = False
    ) -> Server:
        """``concurrent`` requests of a worker at a time, ``threads`` of the model."""
        port = free_port()
        command = ["gunicorn", "-w", str(workers), "-b", f"127.0.0.1:{port}"]
        command += ["--threads", str(concurrent)] if concurrent > 1 else []
        name = "classic" if padded else f"Flask {workers}×{concurrent}, model {threads}"
        app = f"benchmarks.peers:flask_app({padded})"
        return Server(name, [*command, app], port, _peer(model, threads))

    def pipeline(self, model: Path) -> Server:
        port = free_port()
        command = ["uvicorn", "--factory", "benchmarks.peers:fastapi_app"]
        command += ["--port", str(port), "--log-level", "warning"]
        return Server("PyTorch pipeline", command, port, _peer(model))

    def mlflow(self, model: Path) -> Server:
        import mlflow.pyfunc

        saved = self._folder / f"mlflow-{model.name}"
        if not saved.exists():
            mlflow.pyfunc.save_model(
                str(saved),
                python_model=str(ROOT / "benchmarks" / "peer_mlflow.py"),
                pip_requirements=[],
            )
        port = free_port()
        command = ["mlflow", "models", "serve", "-m", str(saved), "--env-manager", "local"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        environ = {**_peer(model), "MLFLOW_DISABLE_TELEMETRY": "true"}
        return Server(f"MLflow, {model.name}", command, port, environ, "inputs", "/invocations")


def _peer(model: Path, threads: int = 0) -> dict[str, str]:
    return {"PEER_MODEL": str(model), "PEER_THREADS": str(threads)}


def _path() -> str:
    """With this environment's programs first: MLflow starts uvicorn by its name."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
