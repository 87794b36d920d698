"""How fast the service answers, beside other ways to serve the same model on the same machine.

    python -m benchmarks.serving [--quick] [--data FOLDER] [--only ROW …] [--models NAME …]
        [--model FOLDER] [--student FOLDER] [--fp32] [--seconds S] [--texts N] [--json FILE]

FOLDER of ``--data`` may hold ``legal_questions.jsonl.gz`` and ``v2ex_topics.jsonl.gz``; otherwise
the bundled texts are asked. ``--model`` and ``--student`` are folders that ``convert`` wrote; by
default BERT-base and three of its layers with random weights in int8 (``--fp32``: in fp32). Every
server runs alone, and is driven over loopback. The column *limit* is what a server could reach
whose every part but the model costs nothing; *CPU*, how many times the processor time of ours an
answer of the other takes; *others*, how much of the processor other programs took meanwhile: above
a tenth, a row says little but for its CPU.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.drive import Bench
from benchmarks.machine import CORES
from benchmarks.serving_limit import limit
from benchmarks.serving_models import Models
from benchmarks.serving_parts import null, overhead, score, service
from benchmarks.serving_peers import classic, dynamic, mlflow, pipeline, student
from benchmarks.serving_runtimes import runtimes
from benchmarks.serving_table import Row, head, line
from benchmarks.serving_texts import Texts

ROOT = Path(__file__).resolve().parent.parent
ROWS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    each.__name__: each
    for each in (
        *(classic, dynamic, student, mlflow, pipeline),
        *(overhead, limit, runtimes, null, score, service),
    )
}


def main() -> None:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended
    print(f"{CORES} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    started = time.monotonic()
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        bench = open_bench(options, Path(name))
        for each in options.only:
            for row in ROWS[each](bench):
                print(f"  {line(row.cells())}", flush=True)
                found.append(row)
        bench.close()
    print(head())
    print("\n".join(line(row.cells()) for row in found))
    missed = sum(row.met is False for row in found)
    print(f"{missed} of {len(found)} missed; {time.monotonic() - started:.0f} s", end="")
    print(f", load {os.getloadavg()[0]:.1f}")
    if options.json:
        values = [row.__dict__ | {"met": row.met} for row in found]
        options.json.write_text(json.dumps(values, ensure_ascii=False, indent=1), "utf-8")


def open_bench(options: argparse.Namespace, folder: Path) -> Bench:
    texts = Texts.read(options.data)
    given = {"base": options.model, "student": options.student}
    models = Models(
        folder, texts.all, options.data, {n: p for n, p in given.items() if p}, options.fp32
    )
    bench = Bench(folder, texts, models, options.quick, options.seconds, options.texts)
    bench.served = options.models
    return bench


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="questions alone, few peers, 3 s each")
    parser.add_argument("--data", type=Path, default=ROOT / "examples" / "corpus")
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="ROW")
    parser.add_argument("--models", nargs="+", choices=("base", "student"), metavar="NAME")
    parser.add_argument("--model", type=Path, help="BERT-base, as convert wrote it")
    parser.add_argument("--student", type=Path, help="the distilled one, as convert wrote it")
    parser.add_argument("--fp32", action="store_true", help="serve random weights in fp32")
    parser.add_argument("--seconds", type=float, help="of each measurement; 10, quick 3")
    parser.add_argument("--texts", type=int, help="that are scored; 10000, quick 200")
    parser.add_argument("--json", type=Path, help="file for the table")
    options = parser.parse_args()
    options.only = options.only or list(ROWS)
    options.models = options.models or ["base", "student"]
    options.seconds = options.seconds or (3.0 if options.quick else 10.0)
    options.texts = options.texts or (200 if options.quick else 10_000)
    return options


if __name__ == "__main__":
    main()
