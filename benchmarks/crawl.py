"""How a backfill uses the quota: ``python -m benchmarks.crawl [--quick] [--schedule]``.

A made-up forum of 200,000 posts (40,000 with --quick) behind the stand-in, a PostgreSQL of its
own, and virtual time: hours of crawling in a minute.
"""

import argparse
import logging
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from pydantic import SecretStr

from deploy.stack import postgres
from examples.standin import audit, fault
from examples.standin.app import StandIn
from examples.standin.clock import VirtualClock
from examples.standin.fault import Fault
from examples.standin.server import running
from examples.standin.synthetic import SyntheticForum
from mlproject.errors import TryLaterError
from mlproject.settings import Settings
from mlproject.source.crawl import Order, Outcome, crawl
from mlproject.store.connection import connect
from mlproject.store.migrate import migrate

START = 1_700_000_000.0
SIZES = [30_000, 20_000, 10_000, *[3000] * 20, *[800] * 80, *[80] * 200]  # topics by node
QUICK = [12_000, 8000, *[2000] * 8, *[200] * 20]
LEFT_OUT = ("token-expired", "token-invalid", "huge", "slow", "cut", "trickle")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawl", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="40,000 posts")
    parser.add_argument("--faults", action="store_true", help="one at every tenth request")
    parser.add_argument(
        "--schedule",
        action="store_true",
        help="with the DAG's own runs beside it, a post per 300 s",
    )
    parser.add_argument("--quota", type=int, default=600, help="requests an hour")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    sizes = QUICK if arguments.quick else SIZES
    with database() as url:
        faults = every_tenth() if arguments.faults else []
        measure(sizes, arguments.quota, faults, url, arguments.schedule)


def measure(
    sizes: list[int], quota: int, faults: list[Fault], url: str, beside_schedule: bool
) -> None:
    clock = VirtualClock.at(START)
    forum = SyntheticForum(sizes, clock.now, grows=beside_schedule)
    stand_in = StandIn(forum, quota, "a-token", clock.now, faults)
    began = time.perf_counter()
    with running(stand_in.app) as address:
        settings = Settings(
            database_url=SecretStr(url), v2ex_url=address, v2ex_token=SecretStr("a-token")
        )
        migrate(settings)
        runs = scheduled(settings, clock) if beside_schedule else backfill(settings, clock)
        with connect(settings) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM topic")
            (stored,) = cursor.fetchone() or (0,)
    real = time.perf_counter() - began
    windows = audit.windows(seen.time for seen in stand_in.seen)
    print(f"posts served / stored   {sum(sizes):,} / {stored:,}")
    print(f"nodes                   {len(sizes)}")
    print(f"requests                {stand_in.count:,}, {stand_in.refused} refused, {runs} runs")
    print(f"posts per request       {stored / stand_in.count:.2f}")
    print(f"simulated time          {(clock.now() - START) / 3600:.2f} h")
    print(f"quota use               {100 * audit.use(windows, quota):.2f} % of {quota}/h")
    print(f"most in one window      {max(windows)}")
    print(f"real time               {real:.1f} s, {1000 * real / stand_in.count:.1f} ms a request")


def backfill(settings: Settings, clock: VirtualClock) -> int:
    """Run until nothing is left, as Airflow does; how many runs it took."""
    runs = 0
    while True:
        runs += 1
        try:
            with connect(settings) as connection:
                crawl(Order("backfill"), connection, settings, clock)
            return runs
        except TryLaterError as error:
            clock.sleep(error.after if error.after is not None else 60)


def scheduled(settings: Settings, clock: VirtualClock) -> int:
    """The same beside what Airflow runs: new every ten minutes, revisit every hour."""
    runs, due, revisit_due = 0, clock.now(), clock.now() + 300
    while True:
        if clock.now() >= due:
            once(Order("new", max_requests=100), settings, clock)
            runs, due = runs + 1, due + 600
        if clock.now() >= revisit_due and once(Order("revisit", max_requests=100), settings, clock):
            revisit_due += 3600
        outcome = once(Order("backfill", max_requests=50), settings, clock)
        if outcome is None:
            clock.sleep(min(60, max(1, due - clock.now())))
        elif outcome.done:
            return runs


def once(order: Order, settings: Settings, clock: VirtualClock) -> Outcome | None:
    """One run; None where it is to be tried later."""
    try:
        with connect(settings) as connection:
            return crawl(order, connection, settings, clock)
    except TryLaterError:
        return None


def every_tenth() -> list[Fault]:
    kinds = [kind for kind in get_args(fault.Kind) if kind not in LEFT_OUT]

    def nth(index: int) -> Fault:
        return Fault(kinds[index], lambda n, path: n % 10 == 0 and n // 10 % len(kinds) == index)

    return [nth(index) for index in range(len(kinds))]


@contextmanager
def database() -> Iterator[str]:
    """The address of a fresh database on a server that ends with the block."""
    home = Path(tempfile.mkdtemp(prefix="benchmark-"))
    home.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = postgres.describe(home, port, secrets.token_urlsafe(12))
    postgres.prepare(server)
    with (home / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            server.command, cwd=server.folder, user=server.user, stdout=log, stderr=log
        )
    try:
        postgres.wait(server)
        yield postgres.ensure_database(server, "benchmark", secrets.token_urlsafe(12))
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
