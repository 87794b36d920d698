"""How fast rows come into and out of Postgres, beside ``\\copy``, and in how much memory.

    python -m benchmarks.store [--quick] [--data FOLDER]

FOLDER may hold ``v2ex_topics.jsonl.gz``, whose posts are then repeated under new ids; otherwise
the bundled posts are. A PostgreSQL of its own is started with the settings of the stack and
taken away afterwards. Every measurement runs in a process of its own: its peak is its own.
"""

import argparse
import gzip
import json
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from pydantic import SecretStr

from deploy.stack import postgres as embedded
from mlproject.settings import Settings
from mlproject.store.migrate import migrate

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
MB = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round")
    parser.add_argument("--data", type=Path, default=ROOT / "examples" / "corpus")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as (url, psql):
        folder = Path(name)
        posts = folder / "posts.jsonl"
        write_posts(options.data, posts)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        topics(url, psql, posts, 400_000 // share, 1 if options.quick else ROUNDS)
        streaming(url)
        imports(url, posts, folder, 100_000 // share, 2_000_000 // share)


def topics(url: str, psql: str, posts: Path, rows: int, rounds: int) -> None:
    """Store topics and copy the same rows, in turns."""
    ours: list[dict[str, float]] = []
    peers: list[float] = []
    for _ in range(rounds):
        ours.append(measure("topics", url, posts, rows))
        peers.append(measure("copy", url, psql)["seconds"])
    seconds = statistics.median(each["seconds"] for each in ours)
    peer = statistics.median(peers)
    print(f"store {rows:,} topics: {seconds:.2f} s, {rows / seconds:,.0f} rows/s", end=", ")
    print(f"peak {max(each['peak'] for each in ours) / MB:.0f} MB")
    print(f"\\copy of the same rows: {peer:.2f} s; ratio {seconds / peer:.2f} (at most 2)")
    batches = measure("topics", url, posts, rows, batch=500)["seconds"]
    print(f"the same in transactions of 500: {batches:.2f} s; ratio {batches / peer:.2f}")
    again = measure("topics", url, posts, rows, again=True)["seconds"]
    print(f"the same topics again: {again:.2f} s, {rows / again:,.0f} rows/s")


def streaming(url: str) -> None:
    for way in ("cursor", "copy-out"):
        found = measure(way, url)
        rate = found["rows"] / found["seconds"]
        print(f"read by {way}: {rate:,.0f} rows/s, peak {found['peak'] / MB:.0f} MB")


def imports(url: str, posts: Path, folder: Path, few: int, many: int) -> None:
    """Import the same texts in every format, and in one of them many times as many."""
    few_peaks: dict[str, float] = {}
    for form in ("jsonl", "json", "csv", "parquet", "jsonl.gz"):
        found = import_one(url, posts, folder, form, few)
        few_peaks[form] = found["peak"]
    for form in ("jsonl",) if few < 100_000 else ("jsonl", "parquet"):
        found = import_one(url, posts, folder, form, many)
        ratio = found["peak"] / few_peaks[form]
        print(f"  memory for {many // few} times the rows: {ratio:.2f} times")


def import_one(url: str, posts: Path, folder: Path, form: str, rows: int) -> dict[str, float]:
    file = folder / f"texts.{form}"
    measure("write", url, posts, rows, file=file)
    found = measure("import", url, rows=rows, file=file)
    size = file.stat().st_size / MB
    file.unlink()
    print(
        f"import {rows:,} rows of {form} ({size:.0f} MB): {found['seconds']:.1f} s,"
        f" {rows / found['seconds']:,.0f} rows/s, peak {found['peak'] / MB:.0f} MB"
    )
    return found


def measure(what: str, url: str, *given: Any, **named: Any) -> dict[str, float]:
    """Run one measurement of ``benchmarks.measure_store`` in a process of its own."""
    arguments = json.dumps([[str(each) for each in given], {k: str(v) for k, v in named.items()}])
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure_store", what, arguments],
        cwd=ROOT,
        env={**os.environ, "MLPROJECT_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        check=True,
    )
    values: dict[str, float] = json.loads(process.stdout)
    return values


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_posts(data: Path, target: Path) -> None:
    packed, plain = data / "v2ex_topics.jsonl.gz", data / "posts.jsonl"
    with gzip.open(packed) if packed.is_file() else plain.open("rb") as source:
        target.write_bytes(source.read())


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, str]]:
    """The address of a fresh database, and where psql is."""
    described = embedded.describe(folder / "postgres", free_port(), secrets.token_urlsafe(12))
    embedded.prepare(described)
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            described.command,
            cwd=described.folder,
            user=described.user,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        embedded.wait(described)
        url = embedded.ensure_database(described, "benchmark", secrets.token_urlsafe(12))
        owner = psycopg2.connect(described.url(embedded.SUPERUSER, described.password, "postgres"))
        with closing(owner), owner, owner.cursor() as cursor:
            cursor.execute("GRANT pg_checkpoint TO benchmark")
        migrate(Settings(database_url=SecretStr(url)))
        yield url, str(described.install / "bin" / "psql")
    finally:
        process.send_signal(signal.SIGINT)  # at once, whoever is connected
        process.wait(60)
        shutil.rmtree(described.folder, ignore_errors=True)


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s in all, load {os.getloadavg()[0]:.1f}")
