"""Lists whose topics come, go and rise while they are read."""

from dataclasses import replace

import pytest

from examples.standin.posts import Post
from mlproject.source.crawl import Order
from mlproject.source.cursor import Cursor

from .world import Build, World, posts

ALL = Order("backfill")
LOST = {"success": False, "message": "Object Not Found"}


def forum() -> list[Post]:
    """95 posts: 50 in qna, 25 in life, 20 in jobs."""
    return [*posts(50, 1), *posts(25, 101, "life"), *posts(20, 201, "jobs")]


def pages(here: World) -> list[str]:
    marks = [path.removeprefix("/api/v2/nodes/").split("/topics?p=") for path in here.paths()]
    return [f"{mark[0]} {mark[1]}" for mark in marks if len(mark) == 2]


def test_posts_that_come_while_pages_are_read_do_no_harm(world: Build) -> None:
    here = world(forum())
    order = Order("backfill", ("qna",), max_requests=1)
    for number in range(500, 506):
        here.crawl(order)
        here.forum.put(Post(number, "新", "", "qna", int(here.clock.now())))
        here.clock.sleep(60)
    assert set(range(1, 51)) <= set(here.ids())


def test_posts_that_go_while_pages_are_read_let_none_be_missed(world: Build) -> None:
    here = world(forum())
    order = Order("backfill", ("qna",))
    here.crawl(replace(order, max_requests=2))
    for number in (50, 49, 48):
        here.forum.delete(number)
    assert here.crawl(order).done
    assert here.ids() == list(range(1, 51))


@pytest.mark.parametrize("busy", [0, 25])
def test_a_topic_that_goes_to_the_top_unread_is_not_missed(world: Build, busy: int) -> None:
    here = world(posts(90))
    order = Order("backfill", ("qna",))
    here.crawl(replace(order, max_requests=3))
    here.forum.bump(1)
    for number in range(60, 60 + busy):
        here.clock.sleep(1)
        here.forum.bump(number)
    assert here.crawl(order).done
    assert here.ids() == list(range(1, 91))
    assert here.stand_in.count == 6 + (3 if busy else 2)  # the pages, and the top again


def test_a_list_that_shrinks_by_pages_is_read_without_a_hole(world: Build) -> None:
    here = world(posts(200))
    order = Order("backfill", ("qna",))
    here.crawl(replace(order, max_requests=6))
    for number in range(156, 201):
        here.forum.delete(number)
    assert here.crawl(order).done
    assert here.ids() == list(range(1, 201))


def test_a_cursor_steps_back_once_when_the_list_has_shrunk() -> None:
    cursor = Cursor(page=6, pages=10, total=200, deepest=5)
    back = cursor.advance(rows=20, new=20, pages=10, total=199)
    assert (back.page, back.deepest) == (5, 6)
    forth = back.advance(rows=20, new=1, pages=10, total=199)
    assert forth.advance(rows=20, new=0, pages=10, total=198).page == 7
