"""Page by page through many nodes: real HTTP, real Postgres, virtual time."""

from dataclasses import replace

import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse

from examples.standin import fault
from examples.standin.fault import Fault
from examples.standin.posts import Post
from mlproject.errors import InputError, TryLaterError
from mlproject.source.crawl import Order
from mlproject.source.cursor import Cursor

from .world import START, Build, World, posts

ALL = Order("backfill")
LOST = {"success": False, "message": "Object Not Found"}


def of_nodes(number: int, path: str) -> bool:
    return path.endswith("nodes/all.json")


def listing(value: object, status: int = 200) -> Fault:
    """An answer in place of the list of nodes."""
    return Fault("other-data", of_nodes, lambda: JSONResponse(value, status))


def forum() -> list[Post]:
    """95 posts: 50 in qna, 25 in life, 20 in jobs."""
    return [*posts(50, 1), *posts(25, 101, "life"), *posts(20, 201, "jobs")]


def pages(here: World) -> list[str]:
    marks = [path.removeprefix("/api/v2/nodes/").split("/topics?p=") for path in here.paths()]
    return [f"{mark[0]} {mark[1]}" for mark in marks if len(mark) == 2]


def test_every_page_of_every_node_is_read_in_turn(world: Build) -> None:
    here = world(forum())
    outcome = here.crawl(ALL)
    assert here.ids() == sorted(post.id for post in forum())
    assert (outcome.requests, outcome.topics_new, outcome.done) == (8, 95, True)
    assert pages(here) == ["qna 1", "life 1", "jobs 1", "qna 2", "life 2", "qna 3"]
    assert (outcome.quota_limit, outcome.quota_remaining) == (600, 592)


def test_topics_get_the_node_whose_list_they_were_in(world: Build) -> None:
    here = world(forum())
    here.crawl(Order("backfill", ("life",)))
    assert here.rows("SELECT DISTINCT node, author FROM topic") == [("life", None)]


def test_broken_off_after_every_request_it_reads_each_page_once(world: Build) -> None:
    here = world(forum())
    outcomes = [here.crawl(replace(ALL, max_requests=1)) for _ in range(8)]
    assert [outcome.done for outcome in outcomes] == [False] * 7 + [True]
    assert len(set(pages(here))) == len(pages(here)) == 6
    assert len(here.ids()) == 95


def test_a_finished_backfill_asked_again_reads_only_the_list_of_nodes(world: Build) -> None:
    here = world(forum())
    here.crawl(ALL)
    again = here.crawl(ALL)
    assert (again.requests, again.topics_new, again.done) == (1, 0, True)


def test_a_finished_backfill_asked_again_brings_what_is_new(world: Build) -> None:
    here = world(forum())
    here.crawl(ALL)
    for number in range(300, 325):
        here.forum.put(Post(number, "新", "", "life", int(START)))
    here.forum.put(Post(400, "新", "", "fresh", int(START)))
    here.stand_in.seen.clear()
    outcome = here.crawl(ALL)
    assert outcome.topics_new == 26
    assert pages(here) == ["life 1", "fresh 1", "life 2", "life 3"]


def test_named_nodes_asked_again_are_read_until_a_page_brings_nothing_new(world: Build) -> None:
    here = world(forum())
    order = Order("backfill", ("qna", "jobs"))
    assert here.crawl(order).requests == 5
    assert here.crawl(order).requests == 2


def test_rounds_broken_off_after_each_request_come_to_an_end(world: Build) -> None:
    here = world(forum())
    order = Order("backfill", ("qna", "jobs"), max_requests=1)
    done = [here.crawl(order).done for _ in range(7)]
    assert done == [False, False, False, False, True, False, True]


def test_an_unknown_node_is_named(world: Build) -> None:
    here = world(forum())
    with pytest.raises(InputError, match="nodes: 'nowhere' is unknown"):
        here.crawl(Order("backfill", ("jobs", "nowhere")))
    assert len(here.ids()) == 20


def test_without_a_token_the_setting_is_named(world: Build) -> None:
    here = world(forum(), v2ex_token=SecretStr(""))
    with pytest.raises(InputError, match="MLPROJECT_V2EX_TOKEN is not set"):
        here.crawl(ALL)
    assert here.stand_in.count == 0


@pytest.mark.parametrize("kind", ["", "token-expired"])
def test_a_refused_token_names_the_setting(world: Build, kind: fault.Kind) -> None:
    token = SecretStr("a-token" if kind else "another")
    here = world(forum(), v2ex_token=token, faults=[fault.every(kind, 2)] if kind else [])
    with pytest.raises(InputError, match="MLPROJECT_V2EX_TOKEN is refused") as caught:
        here.crawl(ALL)
    assert token.get_secret_value() not in str(caught.value)


def test_a_spent_quota_keeps_the_cursors(world: Build) -> None:
    here = world(forum(), quota=4)
    with pytest.raises(TryLaterError) as caught:
        here.crawl(ALL)
    here.clock.sleep(caught.value.after or 0)
    assert here.crawl(ALL).requests == 4
    assert len(here.ids()) == 95


def test_faults_at_every_third_request_lose_nothing(world: Build) -> None:
    kinds: list[fault.Kind] = ["unavailable", "truncated", "busy-until", "failure"]
    faults = [fault.at(kind, *range(3 + 3 * index, 99, 12)) for index, kind in enumerate(kinds)]
    here = world(forum(), faults=faults)
    assert here.crawl(ALL).done
    assert len(here.ids()) == 95


def test_a_quota_is_used_up_and_never_exceeded(world: Build) -> None:
    here = world(
        [post for node in range(60) for post in posts(20, 1 + 100 * node, f"node{node}")],
        quota=20,
        v2ex_max_wait=4000.0,
    )
    assert here.crawl(ALL).done
    assert here.stand_in.count == 62
    assert len(here.ids()) == 1200
    assert here.clock.now() - START < 3.1 * 3600


def test_what_comes_while_a_backfill_lasts_is_found_by_mode_new(world: Build) -> None:
    here = world(forum())
    here.crawl(replace(ALL, max_requests=4))
    for number in (300, 301):
        here.forum.put(Post(number, "新", "", "qna", int(here.clock.now())))
    here.forum.put(Post(302, "新", "", "jobs", int(here.clock.now())))
    here.clock.sleep(60)
    here.crawl(ALL)
    assert not {300, 301} & set(here.ids())
    for number in range(303, 330):
        here.forum.put(Post(number, "新", "", "life", int(here.clock.now())))
    here.crawl(Order("new"))
    assert set(range(300, 330)) <= set(here.ids())


def test_two_backfills_at_once_share_the_pages(world: Build) -> None:
    here = world(forum())
    for _ in range(4):
        here.crawl(replace(ALL, max_requests=1))
        here.crawl(replace(Order("backfill", ("qna", "life", "jobs")), max_requests=1))
    assert here.crawl(ALL).done
    assert len(set(pages(here))) == len(pages(here)) == 6


def test_a_list_without_pagination_ends_with_an_empty_page() -> None:
    cursor = Cursor().advance(rows=20, new=20, pages=None, total=None)
    assert (cursor.page, cursor.done) == (2, False)
    assert cursor.advance(rows=0, new=0, pages=None, total=None).done


@pytest.mark.parametrize("broken", [listing([]), listing(LOST, 404), Fault("truncated", of_nodes)])
def test_a_list_of_nodes_that_cannot_be_had_keeps_the_stored_one(
    world: Build, broken: Fault
) -> None:
    here = world(forum())
    here.crawl(ALL)
    before = here.rows("SELECT key, value FROM crawl_state WHERE key LIKE 'node%' ORDER BY key")
    here.stand_in.faults.append(broken)
    with pytest.raises(TryLaterError, match="no list of its nodes") as caught:
        here.crawl(ALL)
    assert caught.value.after
    after = here.rows("SELECT key, value FROM crawl_state WHERE key LIKE 'node%' ORDER BY key")
    assert after == before
    here.stand_in.faults.clear()
    here.forum.put(Post(300, "新", "", "life", int(START)))
    here.clock.sleep(caught.value.after)
    assert here.crawl(ALL).topics_new == 1


def test_a_first_backfill_without_a_list_of_nodes_is_not_done(world: Build) -> None:
    here = world(forum())
    here.stand_in.faults.append(listing([]))
    with pytest.raises(TryLaterError, match="no list of its nodes"):
        here.crawl(ALL)


@pytest.mark.parametrize("kind", ["nothing", "limit-message", "null-result", "no-rows"])
def test_a_page_that_stays_without_rows_is_read_in_the_next_round(
    world: Build, kind: fault.Kind
) -> None:
    here = world([*posts(90), *posts(25, 101, "life")])
    seen = here.stand_in.seen
    here.stand_in.faults.append(
        Fault(kind, lambda n, path: path.endswith("qna/topics") and seen[-1].query == "p=3")
    )
    here.crawl_on(ALL)
    assert set(range(31, 51)) & set(here.ids()) == set()
    assert len(here.ids()) == 95
    here.stand_in.faults.clear()
    assert here.crawl(ALL).topics_new == 20


def test_a_page_that_is_not_found_is_read_in_the_next_round(world: Build) -> None:
    here = world([*posts(90), *posts(25, 101, "life")])
    seen = here.stand_in.seen
    here.stand_in.faults.append(
        Fault(
            "other-data",
            lambda n, path: path.endswith("qna/topics") and seen[-1].query == "p=3",
            lambda: JSONResponse(LOST, 404),
        )
    )
    assert here.crawl(ALL).topics_new == 95
    here.stand_in.faults.clear()
    assert here.crawl(ALL).topics_new == 20


def test_rows_that_cannot_be_read_are_noted_as_gaps(
    world: Build, caplog: pytest.LogCaptureFixture
) -> None:
    here = world(posts(2))
    rows = [{"id": 1, "created": "2020"}, {"title": "没有"}, {"id": 2, "created": int(START)}]
    page = {"success": True, "result": rows, "pagination": {"pages": 1, "total": 3}}
    odd = Fault("other-data", lambda n, path: path.endswith("/topics"), lambda: JSONResponse(page))
    here.stand_in.faults.append(odd)
    assert here.crawl(Order("backfill", ("qna",))).topics_new == 1
    assert here.rows("SELECT id, reason FROM topic_gap") == [(1, "unreadable")]
    assert "2 topics of a list cannot be read, ids [1, None]" in caplog.text
    here.stand_in.faults.clear()
    assert here.crawl(Order("backfill", ("qna",))).topics_new == 1
    assert here.rows("SELECT id FROM topic_gap") == []
