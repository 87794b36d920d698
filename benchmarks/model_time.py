"""The model alone, on token ids that are there already, with all threads: median milliseconds.

python -m benchmarks.model_time FOLDER '["text", …]'
"""

import json
import statistics
import sys
import time
from pathlib import Path

from mlproject.serving.capacity import Capacity
from mlproject.serving.job import prepared
from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings

SECONDS = 3.0


def main() -> None:
    predictor = Predictor(Path(sys.argv[1]), Capacity.of(Settings()).threads)
    rows = predictor.encode(prepared(json.loads(sys.argv[2]), predictor.manifest))
    predictor.warm_up()
    taken: list[float] = []
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        started = time.perf_counter()
        predictor.run(rows)
        taken.append(time.perf_counter() - started)
    print(json.dumps({"p50": statistics.median(taken) * 1000, "tokens": len(rows[0])}))


if __name__ == "__main__":
    main()
