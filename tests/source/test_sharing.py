"""Several processes crawl one forum: one quota, one request at a time, nothing asked twice."""

import pytest

from examples.standin import audit
from mlproject.errors import TryLaterError
from mlproject.source.crawl import Order

from .worker import Workers
from .world import Build, World, new_topics, posts

SHOW = "show.json"


def run_all(here: World, workers: Workers, *orders: Order) -> None:
    running = [workers.start(order, here.settings) for order in orders]
    for process in running:
        process.join(120)
    assert [process.exitcode for process in running] == [0] * len(running)


def test_four_processes_keep_to_one_quota_and_one_request_at_a_time(world: Build) -> None:
    workers = Workers()
    content = [*posts(900), *posts(900, 1001, "life"), *posts(30, 5001, "jobs")]
    here = world(content, quota=60, clock=workers.clock, v2ex_reserve=5)
    run_all(
        here,
        workers,
        Order("backfill", ("qna", "life")),
        Order("backfill", ("life", "jobs")),
        Order("ids", ids=(5001, 5060)),
        Order("new"),
    )
    assert here.ids() == sorted(post.id for post in content)
    seen = [seen.time for seen in here.stand_in.seen]
    assert here.stand_in.most_at_once == 1
    assert here.stand_in.refused == 0
    assert max(audit.windows(seen)) <= 60
    assert audit.use(audit.windows(seen), 60) >= 0.95
    assert audit.repeats(path for path in here.paths() if SHOW in path) == 0
    assert audit.repeats(path for path in here.paths() if "?p=" in path) == 0
    shows = [seen.time for seen in here.stand_in.seen if seen.path.endswith(SHOW)]
    assert audit.most_within(shows, 10) <= 5
    assert sum(new for _, new in workers.told()) == len(content)


def test_a_backfill_leaves_quota_to_new_topics(world: Build) -> None:
    content = [post for node in range(40) for post in posts(60, 1 + 100 * node, f"node{node}")]
    here = world(content, quota=60, v2ex_reserve=10, v2ex_max_wait=10.0)
    with pytest.raises(TryLaterError, match="last 10 requests of the quota are left to new"):
        here.crawl(Order("backfill"))
    assert here.stand_in.count == 50
    assert [here.crawl(Order("new")).requests for _ in range(3)] == [1, 1, 1]
    ends = here.crawl_on(Order("backfill"))
    assert new_topics(ends) == 40 * 60
    windows = audit.windows(seen.time for seen in here.stand_in.seen)
    assert windows == [60, 60, 5]
    assert here.stand_in.refused == 0
