"""The model alone, on token ids that are there already.

    python -m benchmarks.model_time FOLDER

reads from stdin one JSON object a line, ``texts (file with one JSON list), seconds, batches``, and
answers each with one: without ``batches`` every text runs by itself on all threads (p50 and mean
in milliseconds, mean tokens); with ``batches`` sorted by length and on every core at once (texts
per second). That is what a server could reach if nothing but the model cost any time.
"""

import json
import random
import statistics
import sys
import threading
import time
from itertools import cycle
from pathlib import Path
from typing import Any

from mlproject.serving.capacity import Capacity
from mlproject.serving.job import prepared
from mlproject.serving.predictor import Predictor, batches
from mlproject.settings import Settings

Rows = list[list[int]]


class Alone:
    def __init__(self, folder: Path) -> None:
        self._capacity = Capacity.of(Settings())
        self._predictor = Predictor(folder, self._capacity.threads, self._capacity.narrow)
        self._predictor.warm_up()
        self._rows: dict[str, Rows] = {}

    def measure(self, given: dict[str, Any]) -> dict[str, float]:
        rows = self._tokenized(given["texts"])
        how = self._in_batches if given["batches"] else self._singly
        return how(rows, time.perf_counter() + given["seconds"])

    def _tokenized(self, file: str) -> Rows:
        if file not in self._rows:
            texts = json.loads(Path(file).read_bytes())
            self._rows[file] = self._predictor.encode(prepared(texts, self._predictor.manifest))
        return self._rows[file]

    def _singly(self, rows: Rows, until: float) -> dict[str, float]:
        taken: list[float] = []
        for row in cycle(rows):
            started = time.perf_counter()
            self._predictor.run([row])
            ended = time.perf_counter()
            taken.append(1000 * (ended - started))
            if ended > until:
                break
        tokens = statistics.mean(len(row) for row in rows)
        return {"p50": statistics.median(taken), "mean": statistics.mean(taken), "tokens": tokens}

    def _in_batches(self, rows: Rows, until: float) -> dict[str, float]:
        """Every core goes through batches of all lengths, each from another place on."""
        groups = list(batches([len(row) for row in rows], self._capacity.batch_tokens))
        random.Random(7).shuffle(groups)  # noqa: S311
        rates = [0.0] * self._capacity.sessions

        def work(number: int) -> None:
            begin = number * len(groups) // self._capacity.sessions
            started = now = time.perf_counter()
            done = 0
            for group in cycle(groups[begin:] + groups[:begin]):
                self._predictor.run([rows[index] for index in group], alone=False)
                now = time.perf_counter()
                done += len(group)
                if now > until:
                    break
            rates[number] = done / (now - started)

        threads = [threading.Thread(target=work, args=(each,)) for each in range(len(rates))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"rate": sum(rates)}


def main() -> None:
    alone = Alone(Path(sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(alone.measure(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
