"""How fast a data set is made, and in how much memory.

    python -m benchmarks.dataset [--quick] [--data FOLDER]

The texts are made of the sentences of the posts in FOLDER (``v2ex_topics.jsonl.gz``) or of the
bundled ones; a twentieth comes again as it is, another one slightly changed. A PostgreSQL of its
own is started and taken away afterwards. Every measurement runs in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.store import MB, ROOT, server, write_posts

ROWS = (100_000, 400_000, 2_000_000)
PLAIN = {"near_duplicates": None, "noise": {"examine": 0}, "profile": False}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--data", type=Path, default=ROOT / "examples" / "corpus")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as (url, _):
        posts = Path(name) / "posts.jsonl"
        write_posts(options.data, posts)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        near(url, posts, 400_000 // share)
        peaks = [exports(url, posts, Path(name), rows // share) for rows in ROWS]
        print(f"memory for 20 times the rows: {peaks[-1] / peaks[0]:.2f} times (under 500 MB)")


def near(url: str, posts: Path, rows: int) -> None:
    found = measure("near", url, posts, rows)
    print(
        f"near-duplicates of {rows:,} texts: {found['seconds']:.1f} s, {found['cpu']:.1f} s of"
        f" one core, {found['near']:,} found (at most 120 s on two cores)"
    )


def exports(url: str, posts: Path, folder: Path, rows: int) -> float:
    """Export with and without the search for near-duplicates and noise; the larger peak."""
    measure("fill", url, posts, rows)
    peaks = []
    for name, options in (("cleaned, exact duplicates", PLAIN), ("everything", {})):
        found = measure("export", url, folder, json.dumps(options))
        number = found["candidates"]
        print(
            f"export of {number:,} texts, {name}: {found['seconds']:.1f} s, "
            f"{number / found['cpu']:,.0f} texts/s and core (20,000 for the first of these two), "
            f"{number / found['seconds']:,.0f} by the clock, {found['rows']:,.0f} kept, "
            f"peak {found['peak'] / MB:.0f} MB"
        )
        peaks.append(found["peak"])
    return max(peaks)


def measure(what: str, url: str, *given: Any) -> dict[str, float]:
    """Run one measurement of ``benchmarks.measure_dataset`` in a process of its own."""
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.measure_dataset",
            what,
            json.dumps([[*map(str, given)], {}]),
        ],
        cwd=ROOT,
        env={**os.environ, "MLPROJECT_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        check=True,
    )
    values: dict[str, float] = json.loads(process.stdout)
    return values


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s in all, load {os.getloadavg()[0]:.1f}")
