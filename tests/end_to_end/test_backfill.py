"""A long backfill is one DAG run, which goes on after everything around it was killed."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import pytest
import requests

from deploy.stack.airflow import Airflow
from deploy.stack.forum import BUNDLED
from deploy.stack.passwords import load as load_passwords
from examples.standin.posts import load as load_posts
from tests.end_to_end.stack_under_test import REPOSITORY, StackUnderTest

TOKEN = "a-token"
FILES = [BUNDLED / "posts.jsonl", BUNDLED / "reviewed_posts.jsonl"]
INTERVAL = 1.2  # seconds between two requests: some 60 of them
LINE = re.compile(
    r"backfill: ([\d.]+) %, \d+ of \d+ posts, \d+ of \d+ pages, quota left \d+ of \d+, end about "
)


class Forum:
    """The stand-in as a process on a fixed port, to be killed and started again."""

    def __init__(self, port: int, log: Path) -> None:
        files = [part for file in FILES for part in ("--posts", str(file))]
        self.command = [
            *(sys.executable, "-m", "examples.standin", "--port", str(port), *files),
            *("--token", TOKEN, "--quota", "36000"),
        ]
        self.address = f"http://127.0.0.1:{port}"
        self.log = log

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=REPOSITORY, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


@dataclass
class World:
    """The running stack with its crawl, and the forum that it crawls."""

    stack: StackUnderTest
    forum: Forum

    def __post_init__(self) -> None:
        self.airflow = Airflow(self.stack.address("AIRFLOW"), self.stack.password)

    def stored(self) -> list[tuple[int, str, str]]:
        password = load_passwords(self.stack.home).postgres_project
        port = self.stack.ports["POSTGRES"]
        url = f"postgresql://mlproject:{password}@127.0.0.1:{port}/mlproject"
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id, title, content FROM topic ORDER BY id")
            return list(cursor.fetchall())

    def wait_for(self, topics: int) -> None:
        """Until so many topics are stored."""
        until(lambda: len(self.stored()) >= topics, 180)

    def ask(self, path: str, missing: Any = None) -> Any:
        """What Airflow answers; where it knows no such thing, ``missing`` if that is given."""
        login = {"username": "admin", "password": self.stack.password}
        address = self.stack.address("AIRFLOW")
        token = requests.post(f"{address}/auth/token", json=login, timeout=30).json()
        headers = {"Authorization": f"Bearer {token['access_token']}", "Accept": "application/json"}
        answer = requests.get(f"{address}/api/v2/{path}", headers=headers, timeout=30)
        if answer.status_code == requests.codes.not_found and missing is not None:
            return missing
        answer.raise_for_status()
        return answer.json()

    def finish(self, run: str) -> dict[str, str]:
        """The state of each task of the run, once it has ended."""
        until(lambda: self.airflow.run_state("crawl_v2ex", run) in ("success", "failed"), 240)
        return {task.name: task.state for task in self.airflow.tasks("crawl_v2ex", run)}

    def events(self) -> list[tuple[str, dict[str, int]]]:
        """Every event of the asset: the run that it comes from, and its counts."""
        found = self.ask("assets/events?source_dag_id=crawl_v2ex&limit=100")["asset_events"]
        return [(event["source_run_id"], event["extra"]) for event in found]

    def lines(self, run: str) -> list[str]:
        """The log of every try of the crawl that had the time to write one."""
        path = f"dags/crawl_v2ex/dagRuns/{quote(run)}/taskInstances/crawl"
        found: list[str] = []
        for number in range(1, self.ask(path)["try_number"] + 1):
            log = self.ask(f"{path}/logs/{number}", missing={"content": []})
            found += [str(entry.get("event", "")) for entry in log["content"]]
        return found


def until(true: Callable[[], bool], seconds: float) -> None:
    """Wait; meanwhile the database may be away."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(psycopg2.OperationalError):
            if true():
                return
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.5)


def kill_with_children(pid: int) -> None:
    """A program and all that it started, at once: nothing can say a last word."""
    program = psutil.Process(pid)
    for process in [program, *program.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    stack = StackUnderTest(tmp_path_factory.mktemp("backfill"))
    forum = Forum(stack.ports["STANDIN"], stack.home.with_suffix(".log"))
    stack.settings |= {
        "MLPROJECT_V2EX_URL": forum.address,
        "MLPROJECT_V2EX_TOKEN": TOKEN,
        "MLPROJECT_V2EX_MIN_INTERVAL": str(INTERVAL),
    }
    forum.start()
    try:
        done = stack.order("up", seconds=300)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
        yield World(stack, forum)
    finally:
        stack.order("purge")
        forum.kill()
    assert stack.processes() == []


@pytest.fixture(scope="module")
def backfill(world: World) -> str:
    """The id of a run in whose middle everything was killed or restarted, once it has ended."""
    run = world.airflow.trigger("crawl_v2ex", {"mode": "backfill"})
    world.wait_for(60)
    world.forum.kill()
    kill_with_children(world.stack.program_pids()["airflow-scheduler"])
    for program in ("postgres", "airflow-api-server", "airflow-dag-processor"):
        kill_with_children(world.stack.program_pids()[program])
    world.forum.start()
    world.wait_for(250)
    assert world.stack.order("down").returncode == 0
    assert world.stack.order("up", seconds=300).returncode == 0
    assert len(world.stored()) < len(load_posts(FILES)), "it was done before the restart"
    assert world.finish(run) == {"crawl": "success", "announce": "success"}
    return run


def test_it_ends_with_what_the_forum_serves(world: World, backfill: str) -> None:
    served = [(post.id, post.title, post.content) for post in load_posts(FILES)]
    assert world.stored() == served


def test_each_run_is_announced_once_and_each_topic_in_one(world: World, backfill: str) -> None:
    events = world.events()  # scheduled runs may have found new topics meanwhile
    runs = [run for run, _ in events]
    assert backfill in runs
    assert len(set(runs)) == len(runs)
    assert sum(counts["topics_new"] for _, counts in events) == len(load_posts(FILES))
    assert all(counts["topics_changed"] == counts["topics_gone"] == 0 for _, counts in events)


def test_its_log_shows_how_far_it_is(world: World, backfill: str) -> None:
    found = [LINE.match(line) for line in world.lines(backfill)]
    shown = [float(match[1]) for match in found if match]
    assert len(shown) >= 6
    assert shown[-1] == 100
    assert sorted(shown) == shown


def test_a_run_that_changes_nothing_announces_nothing(world: World, backfill: str) -> None:
    run = world.airflow.trigger("crawl_v2ex", {"mode": "backfill", "nodes": ["qna"]})
    assert world.finish(run) == {"crawl": "success", "announce": "skipped"}
    assert run not in [source for source, _ in world.events()]
