"""Progress in the log: what a line says, how often, and that it outlives restarts."""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.stack import postgres as embedded
from examples.standin.fault import Fault
from mlproject.errors import TryLaterError
from mlproject.settings import Settings
from mlproject.source import crawl
from mlproject.source.crawl import Order
from mlproject.source.cursor import Cursor
from mlproject.source.pace import Quota
from mlproject.source.progress import estimated_end
from mlproject.store.migrate import migrate

from .world import Build, World, posts

NOW = 1_700_000_000.0
BACKFILL = Order("backfill", ("qna",))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO", "mlproject.source.progress")
    return caplog


def test_a_line_says_percent_posts_pages_quota_and_end(
    world: Build, log: pytest.LogCaptureFixture
) -> None:
    here = world(posts(100), quota=50)
    here.crawl(BACKFILL)
    assert log.messages[-1] == (
        "backfill: 100.0 %, 100 of 100 posts, 5 of 5 pages, quota left 44 of 50,"
        " end about 2023-11-14 22:13 UTC"
    )


def test_lines_come_every_ten_seconds(world: Build, log: pytest.LogCaptureFixture) -> None:
    here = world(posts(1000))
    here.crawl(BACKFILL)
    lines = [line for line in log.messages if line.startswith("backfill: ")]
    assert 5 <= len(lines) <= 8


def test_ranges_show_their_progress_too(world: Build, log: pytest.LogCaptureFixture) -> None:
    here = world(posts(30))
    here.crawl(Order("ids", ids=(1, 30)))
    assert re.fullmatch(
        r"ids: 20\.0 %, 6 of 30 ids, 6 new, quota left 594 of 600, end about .* UTC",
        log.messages[1],
    )


@pytest.mark.parametrize(
    ("requests", "quota", "seconds"),
    [
        (10, None, 10),
        (10, Quota(limit=600, remaining=100, reset=NOW + 50), 10),
        (101, Quota(limit=600, remaining=100, reset=NOW + 500), 501),
        (700, Quota(limit=600, remaining=100, reset=NOW + 500), 500 + 600),
        (701, Quota(limit=600, remaining=100, reset=NOW + 500), 500 + 3600 + 1),
        (601, Quota(limit=600, remaining=0, reset=NOW - 5), 3600 + 1),
    ],
)
def test_the_end_goes_by_the_quota(requests: int, quota: Quota | None, seconds: int) -> None:
    assert estimated_end(NOW, requests, quota, 1.0) == NOW + seconds


def test_expectations_of_a_node_follow_what_it_tells() -> None:
    assert (Cursor(listed=45).expected_pages(), Cursor(listed=45).expected_posts()) == (3, 45)
    told = Cursor(listed=45).advance(rows=20, new=20, pages=5, total=100)
    assert (told.expected_pages(), told.expected_posts()) == (5, 100)
    assert Cursor(update=True, listed=500).expected_pages() == 1
    assert Cursor(done=True, deepest=7).expected_pages() == 7


@pytest.fixture
def own_postgres(tmp_path: Path) -> "Iterator[Restartable]":
    server = Restartable(tmp_path)
    yield server
    server.kill()


class Restartable:
    """A PostgreSQL of its own that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        from tests.conftest import free_port

        folder.chmod(0o755)
        self.server = embedded.describe(folder, free_port(), "a-password")
        embedded.prepare(self.server)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*self.server.command, "-c", "fsync=off"],
            cwd=self.server.folder,
            user=self.server.user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        embedded.wait(self.server)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGQUIT)  # at once, without a checkpoint
        self.process.wait(30)

    def settings(self) -> Settings:
        url = embedded.ensure_database(self.server, "crawl", "another")
        settings = Settings(database_url=SecretStr(url))
        migrate(settings)
        return settings


def test_it_goes_on_after_a_restart_of_everything(
    world: Build, own_postgres: Restartable, log: pytest.LogCaptureFixture
) -> None:
    url = own_postgres.settings().database_url
    first = world(posts(1000), database_url=url, v2ex_max_wait=0.0)
    seen = first.stand_in.seen

    def die(number: int, path: str) -> bool:
        if number == 25:
            own_postgres.kill()
        return False

    first.stand_in.faults.append(Fault("slow", die))
    with pytest.raises(TryLaterError, match="database went away"):
        first.crawl(BACKFILL)
    before = [path for path in first.paths() if "p=" in path]
    own_postgres.start()
    log.clear()
    second: World = world(posts(1000), database_url=url)
    outcome = second.crawl(BACKFILL)
    assert len(seen) == 25
    assert outcome.topics_new == 1000
    assert second.ids() == list(range(1, 1001))
    after = [path for path in second.paths() if "p=" in path]
    assert set(before) & set(after) == {before[-1]}
    assert log.messages[0].startswith("backfill: 46.0 %, 460 of 1000 posts, 23 of 50 pages")


def test_the_progress_of_a_range_is_that_of_all_its_windows(
    world: Build, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawl, "WINDOW", 10)
    here = world(posts(40))
    here.crawl(Order("ids", ids=(5, 10)))
    log.clear()
    here.crawl(Order("ids", ids=(1, 40)))
    shown = [re.search(r"ids: ([\d.]+) %, (\d+) of 34 ids", line) for line in log.messages]
    percents = [float(found[1]) for found in shown if found]
    assert len(percents) == len(log.messages) >= 4
    assert percents == sorted(percents)
