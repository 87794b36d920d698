"""The rows of ``benchmarks.serving`` that are of parts of our own service."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.drive import CONNECTIONS, Alone, Bench, Key
from benchmarks.servers import ROOT
from benchmarks.serving_peers import ratio
from benchmarks.serving_table import Row

FLOOR_RATE = 0.8
SCORE_RATE = 1.5
TOKENIZE_PERCENT = 10.0
OVERHEAD_MS = 1.0
COLD_SECONDS = 5.0
WORKER_MB = {"base": 600.0}
PROCESSES = 5  # of the service, and as many of the model alone
TURNS = 5  # of both, in each pair


def overhead(bench: Bench) -> Iterator[Row]:
    """One question, again and again: the whole request beside the model alone, in turns.

    In several processes of each: where a model comes to lie in memory moves its time by 5 %.
    """
    for model in bench.served:
        folder = bench.models.get(model)
        whole, bare, others = [], [], []
        for _ in range(1 if bench.quick else PROCESSES):
            with closing(Alone(folder, bench.folder)) as alone:
                alone.measure(bench.texts.question, 0, batches=False)  # once it has started
                with bench.servers.ours(folder) as server:
                    for _ in range(2 if bench.quick else TURNS):
                        found = bench.load(server, "question", 1, bench.seconds / 4)
                        measured = alone.measure(
                            bench.texts.question, bench.seconds / 4, batches=False
                        )
                        whole.append(found.p50)
                        bare.append(measured["p50"])
                        others.append(found.others)
        yield Row(
            name=f"{model}, one question, p50: request less model",
            ours=f"{statistics.median(whole):.2f} ms",
            peer=f"model alone: {statistics.median(bare):.2f} ms",
            found=statistics.median(a - b for a, b in zip(whole, bare, strict=True)),
            unit="ms",
            target=OVERHEAD_MS,
            at_most=True,
            limit=0.0,
            others=max(others),
        )


def null(bench: Bench) -> Iterator[Row]:
    """Everything but the model, beside the emptiest application in BentoML."""
    keys: list[Key] = [("questions", connections) for connections in CONNECTIONS]
    with bench.servers.ours(bench.models.get("null")) as server:
        ours = bench.drive(server, keys)
    with bench.servers.floor() as server:
        peer = bench.drive(server, keys)
    for key in keys:
        yield ratio("null model", "empty ASGI app", key, ours, peer, FLOOR_RATE, None)


def score(bench: Bench) -> Iterator[Row]:
    """A file of posts, beside the best plain loop with batches of 32."""
    source = bench.folder / "posts.jsonl"
    texts = list(bench.texts.cycle("posts", bench.number))
    rows = [{"id": number, "text": text} for number, text in enumerate(texts)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for model in bench.served:
        ours, peer = (
            _scored(name, source, bench.models.get(model)) for name in ("score_file", "score_loop")
        )
        yield Row(
            name=f"{model}, score, {len(texts)} posts",
            ours=f"{ours['rate']:.1f}/s",
            peer=f"loop of 32: {peer['rate']:.1f}/s",
            found=ours["rate"] / peer["rate"],
            unit="×",
            target=SCORE_RATE,
            limit=bench.limit(model, ("posts", 64))["rate"] / peer["rate"],
        )
        yield _at_most(
            f"{model}, tokenising in score", 100 * ours["tokenize"], "%", TOKENIZE_PERCENT
        )


def _scored(name: str, source: Path, model: Path) -> dict[str, float]:
    command = [sys.executable, "-m", f"benchmarks.{name}", str(source), str(model)]
    values: dict[str, float] = json.loads(subprocess.check_output(command, cwd=ROOT))
    return values


def service(bench: Bench) -> Iterator[Row]:
    """Cold start, memory and the share of tokenising."""
    for model in bench.served:
        bench.ours(model)
        facts = bench.facts[model]
        yield _at_most(f"{model}, cold start", facts.start_seconds, "s", COLD_SECONDS)
        yield _at_most(f"{model}, memory of a worker", facts.worker_mb, "MB", WORKER_MB.get(model))
        yield _at_most(
            f"{model}, tokenising while serving", 100 * facts.tokenize_share, "%", TOKENIZE_PERCENT
        )


def _at_most(name: str, value: float, unit: str, target: float | None) -> Row:
    return Row(name, f"{value:.1f} {unit}", "", value, unit, target, at_most=True)
