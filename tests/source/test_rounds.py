"""Rounds of a backfill after pages that could not be had: only those are read again."""

import pytest

from examples.standin.fault import Fault
from mlproject.source.coverage import BACKS, Coverage
from mlproject.source.crawl import Order
from mlproject.source.cursor import Cursor

from .world import Build, World, posts

ALL = Order("backfill")


def breaking(here: World, *pages: int) -> None:
    """Let these pages of the node qna fail from now on."""
    seen = here.stand_in.seen
    queries = {f"p={page}" for page in pages}
    here.stand_in.faults[:] = [
        Fault(
            "truncated", lambda n, path: path.endswith("qna/topics") and seen[-1].query in queries
        )
    ]


def asked(here: World) -> set[str]:
    return {path for path in here.paths() if "qna" in path}


def test_a_page_that_stays_broken_is_tried_in_three_rounds_and_then_no_more(
    world: Build, caplog: pytest.LogCaptureFixture
) -> None:
    here = world([*posts(90), *posts(25, 101, "life")])
    breaking(here, 2)
    here.crawl_on(ALL)
    for _ in range(3):
        here.stand_in.seen.clear()
        here.crawl_on(ALL)
        assert asked(here) == {"/api/v2/nodes/qna/topics?p=2"}
    outcome = here.crawl(ALL)
    assert (outcome.requests, outcome.done) == (1, True)
    assert "qna: pages [2] could not be had and are given up" in caplog.text


def test_what_a_skipped_page_had_is_found_where_the_list_moved_it(world: Build) -> None:
    here = world(posts(90))
    breaking(here, 2)
    here.crawl_on(ALL)
    for post in posts(25, 101):
        here.forum.put(post)
    here.stand_in.faults.clear()
    here.clock.sleep(60)
    here.crawl(ALL)
    assert here.ids() == [*range(1, 91), *range(101, 126)]


def test_a_node_that_was_left_is_read_on_when_its_pages_can_be_had(world: Build) -> None:
    here = world(posts(400))
    breaking(here, *range(4, 21))
    here.crawl_on(ALL)
    assert len(here.ids()) == 60
    here.stand_in.faults.clear()
    here.stand_in.seen.clear()
    here.crawl(ALL)
    assert here.ids() == list(range(1, 401))
    assert asked(here) == {f"/api/v2/nodes/qna/topics?p={page}" for page in range(4, 21)}


def test_a_total_that_swings_does_not_lead_back_for_ever() -> None:
    cursor = Cursor(listed=1000)
    pages = []
    while not cursor.done:
        pages.append(cursor.page)
        cursor = cursor.advance(20, 20, 50, 1000 - len(pages) % 2)
    assert len(pages) <= 2 * (50 + 2 * BACKS) + 4  # and once more, as topics moved


def test_a_hole_below_many_pages_is_gone_back_to() -> None:
    cursor = Cursor(page=50, pages=100, total=2000, deepest=49)
    back = cursor.advance(20, 20, 97, 1940)
    assert back.page == 47
    again = back.advance(20, 20, 97, 1935)
    assert again.page == 46


def test_a_finished_node_remembers_no_ids() -> None:
    cursor = Cursor().advance(20, 20, 1, 20, range(20))
    assert (cursor.done, cursor.coverage) == (True, Coverage())
