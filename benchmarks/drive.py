"""One run of ``benchmarks.serving``: what was measured is kept, so that rows can share it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from benchmarks.machine import Watch
from benchmarks.servers import ROOT, Server, Servers
from benchmarks.serving_models import Models
from benchmarks.serving_texts import Texts
from mlproject.serving.memory import huge_pages

CONNECTIONS = (1, 16, 64)
WARM = 0.3  # share of the seconds that come before those that count
LEAST = 10  # answers, or a slow server is driven for longer
LONGEST = 40.0  # seconds
PATIENCE = 40.0  # seconds without any answer, after which it is not driven for longer


@dataclass(frozen=True)
class Figure:
    """What one driving gave."""

    rate: float  # answers per second
    p50: float  # ms
    p95: float
    failures: float
    answers: float  # also those that do not count
    others: float  # share of the cores that other programs took
    cpu_ms: float  # of the server, for one answer


@dataclass(frozen=True)
class Facts:
    """Of a service of ours: seconds to its first answer, then what was left of its driving."""

    start_seconds: float
    worker_mb: float
    tokenize_share: float


Key = tuple[str, int]  # kind of texts, connections
Figures = dict[Key, Figure]


class Alone:
    """The model without a server, in a process of its own."""

    def __init__(self, folder: Path, work: Path) -> None:
        self._work = work
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.model_time", str(folder)],
            cwd=ROOT,
            env={**os.environ, **huge_pages()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._input = cast("IO[str]", self._process.stdin)
        self._output = cast("IO[str]", self._process.stdout)

    def measure(self, texts: Sequence[str], seconds: float, batches: bool) -> dict[str, float]:
        file = self._work / f"alone-{hash(tuple(texts))}.json"
        file.write_text(json.dumps(texts), "utf-8")
        given = {"texts": str(file), "seconds": seconds, "batches": batches}
        print(json.dumps(given), file=self._input, flush=True)
        values: dict[str, float] = json.loads(self._output.readline())
        return values

    def close(self) -> None:
        self._process.communicate()


class Bench:
    def __init__(
        self, folder: Path, texts: Texts, models: Models, quick: bool, seconds: float, number: int
    ) -> None:
        """``seconds`` of each measurement; ``number`` of texts that are scored."""
        self.folder = folder
        self.texts = texts
        self.models = models
        self.quick = quick
        self.seconds = seconds
        self.number = number
        self.servers = Servers(folder)
        self.served = ["base", "student"]  # for the rows that are of both
        self.kinds = ("questions",) if quick else ("questions", "posts")
        self.facts: dict[str, Facts] = {}  # by model, once it was driven
        self._ours: dict[str, Figures] = {}
        self._alone: dict[str, Alone] = {}
        self._limits: dict[tuple[str, Key], dict[str, float]] = {}

    @property
    def keys(self) -> list[Key]:
        return [(kind, connections) for kind in self.kinds for connections in CONNECTIONS]

    def drive(
        self, server: Server, keys: Sequence[Key] | None = None, seconds: float | None = None
    ) -> Figures:
        return {key: self.load(server, *key, seconds or self.seconds) for key in keys or self.keys}

    def load(self, server: Server, kind: str, connections: int, seconds: float) -> Figure:
        watch = Watch(server.process)
        values = self._load(server, kind, connections, seconds)
        others, taken = watch.end()
        found = Figure(**values, others=others, cpu_ms=1000 * taken / max(1, values["answers"]))
        print(
            f"  {server.name:<26} {kind:<10}{connections:>3} connections: {found.rate:8.1f}/s  "
            f"p50 {found.p50:7.1f}  p95 {found.p95:7.1f}  cpu {found.cpu_ms:7.1f} ms  "
            f"others {found.others:4.0%}"
            + (f"  {found.failures:.0f} FAILED" if found.failures else ""),
            flush=True,
        )
        if not found.answers and seconds >= PATIENCE:
            print(f"  {server.name:<26} none answered within {seconds:g} s", flush=True)
            return found
        if not found.answers:
            return self.load(server, kind, connections, min(4 * seconds, PATIENCE))
        if found.rate * seconds < LEAST and seconds < LONGEST:
            return self.load(server, kind, connections, 2 * seconds)
        return found

    def _load(
        self, server: Server, kind: str, connections: int, seconds: float
    ) -> dict[str, float]:
        bodies = self.folder / f"{server.shape}-{kind}.txt"
        if not bodies.exists():
            bodies.write_bytes(b"\n".join(self.texts.bodies(kind, server.shape)))
        given = {
            "port": server.port,
            "path": server.path,
            "bodies": str(bodies),
            "connections": connections,
            "seconds": seconds,
            "warm": WARM * seconds,
        }
        command = [sys.executable, "-m", "benchmarks.load", json.dumps(given)]
        values: dict[str, float] = json.loads(subprocess.check_output(command, cwd=ROOT))
        return values

    def ours(self, model: str) -> Figures:
        """Our service with that model."""
        if model not in self._ours:
            with self.servers.ours(self.models.get(model)) as server:
                self._ours[model] = self.drive(server)
                self.facts[model] = Facts(
                    server.start_seconds, server.memory_mb(), server.tokenize_share()
                )
        return self._ours[model]

    def alone(self, model: str) -> Alone:
        if model not in self._alone:
            self._alone[model] = Alone(self.models.get(model), self.folder)
        return self._alone[model]

    def limit(self, model: str, key: Key) -> dict[str, float]:
        """``rate`` and ``p50`` of the model without a server; p50 for one connection alone."""
        kind, connections = key
        many = connections > 1
        place = (model, (kind, 2 if many else 1))
        if place not in self._limits:
            texts = getattr(self.texts, kind)[:500]
            found = self.alone(model).measure(texts, self.seconds / 2, batches=many)
            if not many:
                found["rate"] = 1000 / found["mean"]
            self._limits[place] = found
        return self._limits[place]

    def close(self) -> None:
        for each in self._alone.values():
            each.close()
