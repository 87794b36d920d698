"""How fast the service answers, beside other ways to serve the same model on the same machine.

    python -m benchmarks.serving [--quick] [--data FOLDER] [--model FOLDER] [--only NAME …]

FOLDER of ``--data`` may hold ``legal_questions.jsonl.gz`` and ``v2ex_topics.jsonl.gz``; otherwise
the bundled texts are asked. ``--model`` is a folder that ``convert`` wrote; by default BERT-base
with random weights in fp32. Every server runs alone, and is driven over loopback.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import serving_models as models
from benchmarks.servers import Server, Servers, resident_mb
from benchmarks.serving_texts import Texts

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = (1, 16, 64)
NAMES = ("ours", "null", "classic", "dynamic", "mlflow", "pipeline", "score")
TARGETS = {
    "classic": {"questions 1 p50": 40, "questions 16 rate": 40, "posts 16 rate": 8},
    "dynamic": {f"{kind} {n} rate": 1 for kind in ("questions", "posts") for n in CONNECTIONS},
    "mlflow": {f"questions {n} rate": 2.5 for n in CONNECTIONS},
    "pipeline": {f"questions {n} rate": 2.5 for n in CONNECTIONS},
}

Figures = dict[str, float]  # "questions 16 rate" -> requests/s, "… p50" -> ms


class Benchmark:
    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.seconds = 3.0 if options.quick else 15.0
        self.kinds = ("questions",) if options.quick else ("questions", "posts")
        self.folder = folder
        self.texts = Texts.read(options.data)
        model = options.model or models.base(folder / "base", self.texts.all)
        self.servers = Servers(folder, model.resolve())
        self.options = options

    def drive(self, server: Server, kinds: tuple[str, ...] | None = None) -> Figures:
        found: Figures = {}
        for kind in kinds or self.kinds:
            bodies = self.folder / f"{server.shape}-{kind}.txt"
            bodies.write_bytes(b"\n".join(self.texts.bodies(kind, server.shape)))
            for connections in CONNECTIONS:
                each = self._load(server, bodies, connections)
                print(
                    f"  {server.name:<22} {kind:<10}{connections:>3} connections: "
                    f"{each['rate']:8.1f}/s  p50 {each['p50']:8.1f}  p95 {each['p95']:8.1f} ms"
                    + (f"  {each['failures']:.0f} FAILED" if each["failures"] else ""),
                    flush=True,
                )
                for name in ("rate", "p50"):
                    found[f"{kind} {connections} {name}"] = each[name]
        return found

    def _load(self, server: Server, bodies: Path, connections: int) -> Figures:
        given = {
            "port": server.port,
            "path": server.path,
            "bodies": str(bodies),
            "connections": connections,
            "seconds": self.seconds,
            "warm": self.seconds / 3,
        }
        command = [sys.executable, "-m", "benchmarks.load", json.dumps(given)]
        values: Figures = json.loads(subprocess.check_output(command, cwd=ROOT))
        return values

    def ours(self) -> Figures:
        """Our service, its cold start, memory and share of tokenising."""
        waiting = self.servers.ours("ours", self.servers.model)
        started = time.perf_counter()
        with waiting as server:
            print(f"cold start to the first answer: {time.perf_counter() - started:.1f} s (5)")
            found = self.drive(server)
            share = server.tokenize_share()
            print(f"memory of the worker: {resident_mb(server):.0f} MB (600 for BERT-base int8)")
            print(f"tokenising and cleaning: {100 * share:.1f} % of the model's time (10)")
            self.overhead(server)
        return found

    def overhead(self, server: Server) -> None:
        """One connection and one text: the whole request beside the model alone, in turns."""
        whole, alone = [], []
        for _ in range(2 if self.options.quick else 5):
            bodies = self.folder / "one.txt"
            bodies.write_bytes(self.texts.bodies("questions", server.shape)[0])
            whole.append(self._load(server, bodies, 1)["p50"])
            command = [sys.executable, "-m", "benchmarks.model_time", str(self.servers.model)]
            given = json.dumps([self.texts.questions[0]])
            alone.append(json.loads(subprocess.check_output([*command, given], cwd=ROOT))["p50"])
        more = statistics.median(whole) - statistics.median(alone)
        print(
            f"one question: whole request {statistics.median(whole):.2f} ms, model alone "
            f"{statistics.median(alone):.2f} ms, {more:+.2f} ms (at most +1.0)"
        )

    def null(self) -> None:
        """What everything but the model costs, beside the emptiest application in BentoML."""
        nothing = models.null(self.folder / "null", self.servers.model)
        with self.servers.ours("null model", nothing) as server:
            ours = self.drive(server, ("questions",))
        with self.servers.floor() as server:
            floor = self.drive(server, ("questions",))
        for connections in CONNECTIONS:
            key = f"questions {connections} rate"
            print(f"{connections} connections: {ours[key] / floor[key]:.2f} of the floor (0.8)")

    def peer(self, name: str, ours: Figures) -> None:
        best: Figures = {}
        for server in getattr(self.servers, name)():
            with server:
                found = self.drive(server)
            for key, value in found.items():
                pick = min if key.endswith("p50") else max
                best[key] = pick(best.get(key, value), value)
        for key, target in TARGETS[name].items():
            if key in best and key in ours:
                ratio = best[key] / ours[key] if key.endswith("p50") else ours[key] / best[key]
                verdict = "ok" if ratio >= target else "BELOW"
                print(f"{name}, {key}: {ratio:.2f} times as fast ({target}) {verdict}", flush=True)

    def score(self) -> None:
        """A file of posts, beside the plainest loop with batches of 32."""
        number = 200 if self.options.quick else 10_000
        source = self.folder / "posts.jsonl"
        rows = [{"id": n, "text": text} for n, text in enumerate(self.texts.cycle("posts", number))]
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        rates = {}
        for name, module in (("score", "benchmarks.score_file"), ("loop", "benchmarks.score_loop")):
            command = [sys.executable, "-m", module, str(source), str(self.servers.model)]
            rates[name] = json.loads(subprocess.check_output(command, cwd=ROOT))["rate"]
            print(f"  {name}: {rates[name]:.1f} texts/s", flush=True)
        print(f"score: {rates['score'] / rates['loop']:.2f} times the loop (1.5)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="questions alone, 3 s each")
    parser.add_argument("--data", type=Path, default=ROOT / "examples" / "corpus")
    parser.add_argument("--model", type=Path, help="folder that convert wrote")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        benchmark = Benchmark(options, Path(name))
        peers = [each for each in options.only if each in TARGETS]
        ours = benchmark.ours() if "ours" in options.only or peers else {}
        for each in peers:
            benchmark.peer(each, ours)
        for each in ("null", "score"):
            if each in options.only:
                getattr(benchmark, each)()


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s in all, load {os.getloadavg()[0]:.1f}")
