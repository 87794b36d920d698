"""Killed at random moments: nothing lost, nothing twice, at most one request repeated a kill."""

import random
import time
from dataclasses import replace
from multiprocessing.context import ForkServerProcess

import pytest

from examples.standin import audit
from examples.standin.posts import Post
from mlproject.source.crawl import Order

from .worker import Workers
from .world import START, Build, World, posts

KILLS = 60
SLOWEST = 0.1  # seconds that a process lives at most before it is killed


def crawl_under_fire(here: World, workers: Workers, order: Order, seed: int) -> int:
    """Start the crawl again and again and kill it at random moments; how often that was."""
    chance = random.Random(seed)
    kills = 0
    while kills < KILLS:
        process = workers.start(order, here.settings)
        # The first half of the kills come any time, the others once it has begun to ask.
        if kills % 2:
            wait_for_a_request(here, process)
        process.join(chance.uniform(0, SLOWEST / (1 + kills % 2)))
        if process.exitcode is not None:
            break  # it was done
        process.kill()
        process.join(30)
        kills += 1
    finish(here, workers, order)
    return kills


def wait_for_a_request(here: World, process: ForkServerProcess) -> None:
    before = here.stand_in.count
    while here.stand_in.count == before and process.is_alive():
        time.sleep(0.0005)


def finish(here: World, workers: Workers, order: Order) -> None:
    process = workers.start(order, here.settings)
    process.join(120)
    assert process.exitcode == 0


@pytest.mark.parametrize(
    ("order", "requests"),
    [(Order("backfill"), 2 + 600), (Order("ids", ids=(1, 700)), 700)],
    ids=["backfill", "ids"],
)
def test_killed_60_times_it_loses_and_doubles_nothing(
    world: Build, order: Order, requests: int
) -> None:
    workers = Workers()
    count = 700 if order.mode == "ids" else 12_000
    here = world(posts(count), quota=120, clock=workers.clock)
    kills = crawl_under_fire(here, workers, order, seed=5)
    assert kills >= 50
    assert here.ids() == list(range(1, count + 1))
    assert audit.repeats(here.paths()) <= kills
    assert here.stand_in.count <= requests + kills
    assert here.stand_in.refused == 0
    assert sum(new for _, new in workers.told()) == count


def test_new_topics_survive_60_kills(world: Build) -> None:
    workers = Workers()
    here = world(posts(20), quota=120, clock=workers.clock)
    here.crawl(Order("new"))
    for post in posts(400, 21):
        here.forum.put(post)
    kills = crawl_under_fire(here, workers, Order("new"), seed=6)
    asked = [path for path in here.paths() if "show" in path]
    assert kills >= 50
    assert here.ids() == list(range(1, 421))
    assert audit.repeats(asked) <= kills
    assert here.stand_in.refused == 0
    assert workers.sums() == (400, 0, 0)


def test_revisits_survive_60_kills(world: Build) -> None:
    workers = Workers()
    young = [Post(number, "题", "文", "qna", int(START) - number) for number in range(1, 401)]
    here = world(young, quota=120, clock=workers.clock)
    here.crawl_on(Order("backfill"))
    for number in range(1, 61):
        here.forum.put(replace(young[number - 1], content="改过的正文"))
    for number in range(101, 141):
        here.forum.delete(number)
    workers.clock.sleep(2 * 86_400)
    here.stand_in.seen.clear()
    kills = crawl_under_fire(here, workers, Order("revisit"), seed=7)
    assert kills >= 50
    assert here.rows("SELECT id FROM topic WHERE gone ORDER BY id") == [
        (number,) for number in range(101, 141)
    ]
    assert here.rows("SELECT count(*) FROM topic WHERE content = '改过的正文'") == [(60,)]
    assert len(set(here.paths())) == 400
    assert audit.repeats(here.paths()) <= kills
    assert here.stand_in.refused == 0
    assert workers.sums() == (0, 60, 40)
