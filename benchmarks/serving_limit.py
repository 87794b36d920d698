"""The row of ``benchmarks.serving`` that sets the model's time beside what the processor can do.

    python -m benchmarks.serving_limit ROUNDS

measures in a process of its own, in large pages as the service does, and prints one JSON list a
line: tokens, ms of the model, of onnxruntime's own int8 and of the products at this machine's pace,
share of the cores that others took.
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
# Two Zen 4 cores, where the targets were set: all products, and onnxruntime's own int8, in ms. What
# the latter takes here says what the former would.
REFERENCE = {32: (6.2, 13.2), 64: (12.8, 22.7), 128: (27.0, 43.5)}
LAYERS = 12
ROUNDS = 15


def limit(bench: Bench) -> Iterator[Row]:
    """BERT-base in int8 beside all its products, at two paces.

    The target is of the reference's, scaled by what onnxruntime's own int8 takes on both machines;
    the other is that of one large int8 product on this one.
    """
    command = [sys.executable, "-m", "benchmarks.serving_limit", str(3 if bench.quick else ROUNDS)]
    environ = {**os.environ, **huge_pages()}
    output = subprocess.check_output(command, cwd=ROOT, env=environ, text=True)
    for line in output.splitlines():
        yield from rows(*json.loads(line))


def rows(
    tokens: int, model: float, onnxruntime: float, products: float, others: float
) -> Iterator[Row]:
    least, usual = REFERENCE[tokens]
    scaled = least * onnxruntime / usual
    most = MOST[tokens]
    for name, limit, target in (("", scaled, most), (", own pace", products, None)):
        yield Row(
            name=f"base, {tokens} tokens, model time",
            ours=f"{model:.1f} ms",
            peer=f"int8 limit{name}: {limit:.1f} ms",
            found=model / limit,
            unit="×",
            target=target,
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
        figures = [found.tokens, served, found.forms[int8.OTHER], found.limit, others]
        print(json.dumps(figures), flush=True)
        watch = Watch(psutil.Process())


if __name__ == "__main__":
    main()
