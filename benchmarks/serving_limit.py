"""The row of ``benchmarks.serving`` that sets the model's time beside what the processor can do.

    python -m benchmarks.serving_limit ROUNDS

measures in a process of its own, in large pages as the service does, and prints one JSON list a
line: tokens, ms of the model, ms of the limit, share of the cores that others took.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import psutil

from benchmarks import int8
from benchmarks.drive import Bench
from benchmarks.machine import Watch
from benchmarks.servers import ROOT
from benchmarks.serving_table import Row
from mlproject.serving.memory import huge_pages

MOST = {32: 1.9, 64: 1.7, 128: 1.5}  # tokens of a text -> times the limit
LAYERS = 12
ROUNDS = 15


def limit(bench: Bench) -> Iterator[Row]:
    """BERT-base in int8 beside all its products at the pace of one large int8 product."""
    command = [sys.executable, "-m", "benchmarks.serving_limit", str(3 if bench.quick else ROUNDS)]
    environ = {**os.environ, **huge_pages()}
    output = subprocess.check_output(command, cwd=ROOT, env=environ, text=True)
    for line in output.splitlines():
        yield row(*json.loads(line))


def row(tokens: int, model: float, least: float, others: float) -> Row:
    return Row(
        name=f"base, {tokens} tokens, model time",
        ours=f"{model:.1f} ms",
        peer=f"int8 limit: {least:.1f} ms",
        found=model / least,
        unit="×",
        target=MOST[tokens],
        at_most=True,
        limit=1.0,
        others=others,
    )


def main() -> None:
    shapes = [(1, tokens) for tokens in MOST]
    watch = Watch(psutil.Process())
    for found in int8.measure(LAYERS, int(sys.argv[1]), 0, shapes):
        others, _ = watch.end()
        served = min(found.forms["static"], found.forms["dynamic"])  # convert takes the faster
        print(json.dumps([found.tokens, served, found.limit, others]), flush=True)
        watch = Watch(psutil.Process())


if __name__ == "__main__":
    main()
