"""Hours of crawling in virtual time: the quota's arithmetic, and a day over the real topics."""

import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from examples.standin import audit, fault
from examples.standin.fault import Fault
from examples.standin.posts import Post, load
from examples.standin.synthetic import SyntheticForum
from mlproject.errors import TryLaterError
from mlproject.source.crawl import Order

from .world import START, Build, World, new_topics

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "v2ex_topics.jsonl.gz"
HOUR, DAY = 3600, 86_400
# Topics by node, as uneven as a forum's: a few large nodes, many small ones.
SOME = [12_000, 8000, *[2000] * 8, *[200] * 20]
ALL = [30_000, 20_000, 10_000, *[3000] * 20, *[800] * 80, *[80] * 200]


@pytest.mark.parametrize(
    ("sizes", "topics", "hours"),
    [
        pytest.param(SOME, 40_000, 17 / 5, id="40,000"),
        pytest.param(ALL, 200_000, 17, id="200,000", marks=pytest.mark.long),
    ],
)
def test_a_backfill_takes_17_hours_for_200_000_posts_and_the_whole_quota(
    world: Build, caplog: pytest.LogCaptureFixture, sizes: list[int], topics: int, hours: float
) -> None:
    caplog.set_level("INFO", "mlproject.source.progress")
    here = world(SyntheticForum(sizes, lambda: START), v2ex_reserve=20)
    ends = here.crawl_on(Order("backfill"))
    assert sum(sizes) == new_topics(ends) == topics
    assert here.rows("SELECT count(*), max(id) FROM topic") == [(topics, topics)]
    assert here.clock.now() - START <= hours * HOUR
    times = [seen.time for seen in here.stand_in.seen]
    windows = audit.windows(times)
    assert max(windows) <= 600
    assert audit.use(windows, 600) >= 0.95
    assert here.stand_in.refused == 0
    assert all(later - earlier >= 0.999 for earlier, later in pairwise(times))
    shown = [float(found) for found in re.findall(r"backfill: ([\d.]+) %", caplog.text)]
    assert shown == sorted(shown)
    assert (shown[0], shown[-1]) == (0, 100)


def test_the_estimated_end_is_right_to_a_tenth(
    world: Build, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "mlproject.source.progress")
    here = world(SyntheticForum([1000] * 4, lambda: START), quota=50)
    here.crawl_on(Order("backfill"))
    ends = re.findall(r"end about (.+) UTC", caplog.text)
    first = datetime.fromisoformat(f"{ends[0]}+00:00").timestamp()
    assert first - START == pytest.approx(here.clock.now() - START, rel=0.1)


def served() -> list[Post]:
    if not REAL.is_file():
        pytest.skip(f"the real topics are not there: {REAL.parent}")
    return load([REAL])


def faults_at_every_tenth_request() -> list[Fault]:
    """All kinds in turn, but refused tokens and a block for the rest of the hour."""
    left_out = ("token-expired", "token-invalid", "challenge-reset")
    kinds = [kind for kind in get_args(fault.Kind) if kind not in left_out]

    def nth(index: int) -> Fault:
        return Fault(kinds[index], lambda n, path: n % 10 == 0 and n // 10 % len(kinds) == index)

    return [nth(index) for index in range(len(kinds))]


def live(here: World, end: float) -> None:
    """What Airflow does meanwhile: new topics every ten minutes, revisits every hour."""
    turn = 0
    while (start := here.clock.now()) < end:
        try:
            here.crawl(Order("revisit" if turn % 7 == 6 else "new", max_requests=100))
        except TryLaterError as error:
            here.clock.sleep(error.after or 60)
        turn += 1
        here.clock.sleep(max(0, start + 600 - here.clock.now()))


def test_a_day_over_the_real_topics_with_faults_ends_with_what_is_served(world: Build) -> None:
    posts = served()
    old, young = part(posts, posts[-1].id - 500)
    here = world(
        [*old, *young],
        faults=faults_at_every_tenth_request(),
        v2ex_timeout=0.3,
        v2ex_block_wait=300.0,
        v2ex_reserve=20,
    )
    ends = here.crawl_on(Order("backfill"))
    live(here, START + DAY)
    assert here.clock.now() == pytest.approx(START + DAY, abs=900)
    stored = here.rows("SELECT id, title, content, node, gone FROM topic ORDER BY id")
    assert [without_control(row) for row in stored] == [
        (post.id, post.title, post.content, post.node, False) for post in [*old, *young]
    ]
    assert len(old) <= new_topics(ends) < len(posts)
    assert here.stand_in.refused == 0
    assert here.stand_in.count > len(posts) / 20
    assert max(audit.windows(seen.time for seen in here.stand_in.seen)) <= 600


def part(posts: list[Post], newest: int) -> tuple[list[Post], list[Post]]:
    """Those that are there when the day begins, and those that appear in the course of it."""
    old = [
        replace(post, created=min(post.created, int(START) - 60))
        for post in posts
        if post.id <= newest
    ]
    young = [post for post in posts if post.id > newest]
    step = 20 * HOUR / len(young)
    return old, [
        replace(post, created=int(START + number * step)) for number, post in enumerate(young, 1)
    ]


def without_control(row: tuple[object, ...]) -> tuple[object, ...]:
    """The row without the character that the fault ``control`` puts before a title."""
    return (row[0], str(row[1]).removeprefix("\x01"), *row[2:])
