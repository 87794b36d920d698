"""What Prometheus reads at ``/metrics``: one number for all workers.

BentoML's own request metrics have a label for the path as the client wrote it, so that anybody can
make them grow; these have labels from fixed sets alone.
"""

import os
from contextlib import suppress
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from mlproject.serving import ledger

CONTENT_TYPE = CONTENT_TYPE_LATEST
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # BentoML sets it for its workers

REQUEST_SECONDS = Histogram(
    "mlproject_request_seconds",
    "Seconds from the request's head to the end of its answer",
    ["route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
BATCH_TOKENS = Histogram(
    "mlproject_batch_tokens",
    "Tokens of one run of the model, padding included",
    buckets=(16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
)
BATCH_SECONDS = Histogram(
    "mlproject_batch_seconds",
    "Seconds of one run of the model",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
TOKENIZE_SECONDS = Counter("mlproject_tokenize_seconds", "Seconds of cleaning and tokenising")
WAITING = Gauge(
    "mlproject_queue_texts",
    "Texts that were taken and not answered yet",
    multiprocess_mode="livesum",
)
PREDICTIONS = Counter("mlproject_predictions", "Texts answered", ["label", "version"])
MODEL = Gauge(
    "mlproject_model_workers",
    "Workers that answer with this version",
    ["version"],
    multiprocess_mode="livesum",
)
REFUSED = Gauge(
    "mlproject_champion_refused",
    "Workers that refuse the registry's champion; /readyz says why",
    multiprocess_mode="livesum",
)
REGISTRY_REACHABLE = Gauge(
    "mlproject_registry_reachable",
    "Workers that reached the registry when they last looked",
    multiprocess_mode="livesum",
)


def request(route: str, status: int, seconds: float) -> None:
    """One request was answered."""
    REQUEST_SECONDS.labels(route, status).observe(seconds)


def batch(tokens: int, seconds: float) -> None:
    """The model ran once."""
    BATCH_TOKENS.observe(tokens)
    BATCH_SECONDS.observe(seconds)


def prediction(label: str, version: str) -> None:
    """A text was answered."""
    PREDICTIONS.labels(label, version).inc()


def render() -> bytes:
    """All metrics in Prometheus' text format."""
    ledger.write()
    folder = os.environ.get(FOLDER)
    if not folder:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _forget_the_dead(folder: Path) -> None:
    """A worker that was killed cannot take back what its gauges said."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not _lives(int(pid)):
            mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
