"""The row of ``benchmarks.serving`` that times the model in other runtimes: none is served.

    python -m benchmarks.serving_runtimes TEXTS INT8 FP32 ROUNDS

measures in a process of its own and prints one JSON list a line: runtime, texts of a batch, tokens
of each, ms of ours in int8, ms of the runtime. Which are not there is said on stderr.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from tokenizers import Tokenizer

from benchmarks.drive import Bench
from benchmarks.machine import CORES
from benchmarks.servers import ROOT
from benchmarks.serving_models import CALIBRATED, FP32, LAYERS, MAX_LENGTH, bert
from benchmarks.serving_table import Row
from mlproject.packaging import peers
from mlproject.packaging.timing import Rows, Run
from mlproject.serving.memory import huge_pages
from mlproject.serving.predictor import Predictor

SHAPES = ((1, 32), (1, 64), (1, 128), (16, 64))  # texts, tokens of each
ROUNDS = 6  # of all runtimes in turn
TIMES = 12  # that one text is run in a round; a batch a quarter of it
OURS = "ours, int8"
WORD = 1_000  # the id of any token: the time does not depend on it


def runtimes(bench: Bench) -> Iterator[Row]:
    """BERT-base in int8 beside PyTorch, onnxruntime in fp32, and OpenVINO where it is installed."""
    texts = bench.folder / "calibration.json"
    texts.write_text(json.dumps(bench.texts.all[:CALIBRATED]), encoding="utf-8")
    served, plain = bench.models.get("base"), bench.models.get(f"base{FP32}")
    command = [sys.executable, "-m", "benchmarks.serving_runtimes", str(texts)]
    command += [str(served), str(plain), str(2 if bench.quick else ROUNDS)]
    output = subprocess.check_output(
        command, cwd=ROOT, env={**os.environ, **huge_pages()}, text=True
    )
    for line in output.splitlines():
        name, count, tokens, ours, found = json.loads(line)
        yield Row(
            name=f"base, {count} × {tokens} tokens, model time",
            ours=f"{ours:.1f} ms",
            peer=f"{name}: {found:.1f} ms",
            found=found / ours,
            unit="×",
            target=None,
        )


def found(texts: Path, served: Path, plain: Path) -> dict[str, Run | str]:
    """How each runtime is run, ours in int8 first."""
    tokenizer = Tokenizer.from_file(str(served / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_LENGTH)
    rows = [row.ids for row in tokenizer.encode_batch(json.loads(texts.read_bytes()))]
    int8, fp32 = (Predictor(folder, CORES) for folder in (served, plain))
    runs: dict[str, Run | str] = {OURS: int8.run, "ours, fp32": fp32.run}
    return runs | peers.of(bert(LAYERS["base"]), sorted(rows, key=len), CORES)


def measure(runs: Mapping[str, Run], rounds: int) -> dict[tuple[str, int, int], float]:
    """Median ms of (runtime, texts, tokens); all in turn in each round."""
    taken: dict[tuple[str, int, int], list[float]] = {}
    for number in range(rounds + 1):
        for (name, run), (count, tokens) in itertools.product(runs.items(), SHAPES):
            times = list(_times(run, [[WORD] * tokens] * count))
            if number:  # the first round warms up
                taken.setdefault((name, count, tokens), []).extend(times)
    return {key: statistics.median(times) for key, times in taken.items()}


def _times(run: Run, rows: Rows) -> Iterator[float]:
    for _ in range(TIMES if len(rows) == 1 else TIMES // 4):
        started = time.perf_counter()
        run(rows)
        yield 1000 * (time.perf_counter() - started)


def main() -> None:
    torch.set_num_threads(CORES)
    texts, served, plain = map(Path, sys.argv[1:4])
    all_of_them = found(texts, served, plain)
    runs = {name: run for name, run in all_of_them.items() if not isinstance(run, str)}
    times = measure(runs, int(sys.argv[4]))
    for name, run in all_of_them.items():
        for count, tokens in SHAPES if name in runs and name != OURS else ():
            line = [name, count, tokens, times[OURS, count, tokens], times[name, count, tokens]]
            print(json.dumps(line), flush=True)
        if isinstance(run, str):
            print(f"  {name}: {run}", file=sys.stderr)


if __name__ == "__main__":
    main()
