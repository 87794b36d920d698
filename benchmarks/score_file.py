"""``score`` on a file, without the time that loading the model takes.

    python -m benchmarks.score_file FILE MODEL

Prints texts per second, and the share of the time that went into tokenising.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from prometheus_client import REGISTRY

from mlproject.serving.capacity import Capacity
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.serving.scoring import score
from mlproject.settings import Settings


def main() -> None:
    capacity = Capacity.of(Settings())
    with tempfile.TemporaryDirectory() as folder:
        live = LiveModel(capacity, Path(folder))
        live.begin(Path(sys.argv[2]), "benchmark", "1")
        inference = Inference(live, capacity)
        started = time.perf_counter()
        done = score(Path(sys.argv[1]), Path(folder) / "out.jsonl", inference, lambda lines: None)
        rate = done.lines / (time.perf_counter() - started)
        inference.close()
        print(json.dumps({"rate": rate, "tokenize": tokenize_share()}))


def tokenize_share() -> float:
    """Of the time that tokenising, cleaning and the model took together: 0 to 1."""
    tokenizing, running = (
        REGISTRY.get_sample_value(f"mlproject_{name}") or 0.0
        for name in ("tokenize_seconds_total", "batch_seconds_sum")
    )
    return tokenizing / (tokenizing + running)


if __name__ == "__main__":
    main()
