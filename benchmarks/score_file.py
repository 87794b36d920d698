"""``score`` on a file, without the time that loading the model takes.

    python -m benchmarks.score_file FILE MODEL

Prints texts per second.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

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
        print(json.dumps({"rate": done.lines / (time.perf_counter() - started)}))
        inference.close()


if __name__ == "__main__":
    main()
