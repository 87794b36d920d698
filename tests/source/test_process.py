"""The crawl as the process that Airflow runs: its result, killed, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from mlproject.store import crawl_state

from .world import TOKEN, Build, World, posts

ROOT = Path(__file__).resolve().parents[2]


def start(here: World, folder: Path, inputs: Mapping[str, object]) -> subprocess.Popen[bytes]:
    given = folder / "in.json"
    given.write_text(json.dumps(inputs), encoding="utf-8")
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("MLPROJECT_")
    }
    environment |= {
        "MLPROJECT_DATABASE_URL": here.settings.database_url.get_secret_value(),
        "MLPROJECT_V2EX_URL": here.settings.v2ex_url,
        "MLPROJECT_V2EX_TOKEN": TOKEN,
        "MLPROJECT_V2EX_MIN_INTERVAL": "0",
    }
    command = [sys.executable, "-m", "mlproject", "crawl"]
    return subprocess.Popen(
        [*command, "--inputs", str(given), "--result", str(folder / "out.json")],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )


def wait_for(here: World, count: int) -> None:
    """Until the stand-in has seen that many requests."""
    deadline = time.monotonic() + 30
    while here.stand_in.count < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_step_writes_its_result(world: Build, tmp_path: Path) -> None:
    here = world(posts(30))
    assert start(here, tmp_path, {"mode": "backfill", "nodes": ["qna"]}).wait(60) == 0
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == {
        "requests": 3,
        "topics_new": 30,
        "topics_changed": 0,
        "topics_gone": 0,
        "quota_limit": 600,
        "quota_remaining": 597,
        "done": True,
    }


def test_killed_again_and_again_it_loses_and_doubles_nothing(world: Build, tmp_path: Path) -> None:
    here = world(posts(2000), quota=100_000)
    order = {"mode": "backfill", "nodes": "all"}
    kills = 5
    for number in range(1, kills + 1):
        process = start(here, tmp_path, order)
        wait_for(here, number * 15)
        process.kill()
        process.wait(60)
    assert start(here, tmp_path, order).wait(60) == 0
    assert here.ids() == list(range(1, 2001))
    assert here.stand_in.count <= 2 + 100 + kills


def test_asked_to_stop_it_ends_with_143_and_goes_on_later(world: Build, tmp_path: Path) -> None:
    here = world(posts(2000), quota=100_000)
    order = {"mode": "backfill", "nodes": ["qna"]}
    process = start(here, tmp_path, order)
    wait_for(here, 10)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert start(here, tmp_path, order).wait(60) == 0
    assert here.ids() == list(range(1, 2001))


def test_a_refused_token_ends_with_2(world: Build, tmp_path: Path) -> None:
    here = world(posts(30))
    here.stand_in.token = "another"
    assert start(here, tmp_path, {"mode": "backfill"}).wait(60) == 2
    assert not (tmp_path / "out.json").exists()


def test_what_was_stored_before_75_is_in_the_next_result(world: Build, tmp_path: Path) -> None:
    here = world(posts(60), quota=3)
    here.clock.sleep(time.time() - here.clock.now())
    assert start(here, tmp_path, {"mode": "backfill"}).wait(60) == 75
    assert 3000 < json.loads((tmp_path / "out.json").read_text())["retry_after"] <= 3601
    with here.connect() as connection:
        crawl_state.take(connection, here.settings.site, "pace")
    here.stand_in.quota.limit = 100
    assert start(here, tmp_path, {"mode": "backfill"}).wait(60) == 0
    assert json.loads((tmp_path / "out.json").read_text())["topics_new"] == 60


def test_counts_are_told_by_the_result_that_is_written(world: Build, tmp_path: Path) -> None:
    here = world(posts(60))
    (tmp_path / "out.json").mkdir()  # no file can have this name
    assert start(here, tmp_path, {"mode": "backfill"}).wait(60) == 1
    assert len(here.ids()) == 60
    (tmp_path / "out.json").rmdir()
    told = []
    for _ in range(2):
        assert start(here, tmp_path, {"mode": "backfill"}).wait(60) == 0
        told.append(json.loads((tmp_path / "out.json").read_text())["topics_new"])
    assert told == [60, 0]


def test_a_spent_quota_ends_with_75(world: Build, tmp_path: Path) -> None:
    here = world(posts(2000), quota=3)
    here.clock.sleep(time.time() - here.clock.now())
    assert start(here, tmp_path, {"mode": "backfill", "nodes": None}).wait(60) == 75
    assert here.stand_in.count == 3


def test_two_crawls_at_once_take_turns(world: Build, tmp_path: Path) -> None:
    here = world([*posts(1000), *posts(1000, 2001, "life")], quota=100_000)
    folders = [tmp_path / name for name in ("qna", "life")]
    for folder in folders:
        folder.mkdir()
    running = [
        start(here, folder, {"mode": "backfill", "nodes": [folder.name]}) for folder in folders
    ]
    assert [process.wait(60) for process in running] == [0, 0]
    assert len(here.ids()) == 2000
    assert here.stand_in.count == 101
