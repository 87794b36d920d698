"""Whatever the forum answers, nothing is lost, nothing is marked gone, and the crawl goes on."""

import json
from typing import get_args

import pytest

from examples.standin import fault
from examples.standin.fault import Fault
from examples.standin.posts import Post
from mlproject.errors import InputError, TryLaterError
from mlproject.source.crawl import Order

from .world import START, Build, World, new_topics, posts

IDS, BACKFILL = Order("ids", ids=(1, 8)), Order("backfill")
TOKEN_KINDS = ("token-expired", "token-invalid")
KINDS = [kind for kind in get_args(fault.Kind) if kind not in (*TOKEN_KINDS, "no-rows")]
HARMLESS = ("control", "bare", "nulls")  # odd answers, but answers
OPEN = {
    *(
        "busy",
        "busy-until",
        "busy-date",
        "unavailable",
        "unavailable-until",
        "bad-gateway",
        "failure",
    ),
    *("empty-body", "other-data", "truncated", "cut", "huge", "slow", "challenge-until"),
    *("trickle", "nothing", "limit-message", "null-result"),
}


def forum() -> list[Post]:
    return [*posts(30), *posts(25, 101, "life")]


def stored(here: World) -> list[tuple[object, ...]]:
    return here.rows("SELECT id, trim(title, E'\\x01'), content, gone FROM topic ORDER BY id")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [IDS, BACKFILL], ids=["ids", "backfill"])
def test_every_fault_is_survived(world: Build, kind: fault.Kind, order: Order) -> None:
    here = world(forum(), faults=[fault.at(kind, 1, 4, 5)], v2ex_timeout=0.2)
    ends = here.crawl_on(order)
    wanted = forum() if order is BACKFILL else forum()[:8]
    assert stored(here) == [(post.id, post.title, post.content, False) for post in wanted]
    assert here.rows("SELECT id FROM topic_gap") == []
    assert new_topics(ends) == len(wanted)
    assert here.stand_in.refused == 0
    asked = (8 if order is IDS else 6) + (0 if kind in HARMLESS else 3)
    # One more to see whether the forum is well, or for the end of a list without its extent.
    assert asked <= here.stand_in.count <= asked + 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in HARMLESS])
def test_a_run_ends_where_the_wait_is_long_and_not_before(world: Build, kind: fault.Kind) -> None:
    here = world(forum(), faults=[fault.at(kind, 2)], v2ex_timeout=0.2)
    ends = here.crawl_on(BACKFILL)
    waits = [end.after for end in ends if isinstance(end, TryLaterError)]
    assert (waits == []) == (kind in OPEN)
    assert all(wait is not None and wait > here.settings.v2ex_max_wait for wait in waits)


@pytest.mark.parametrize("kind", ["challenge-until", "busy-until", "unavailable-until"])
def test_the_wait_that_an_answer_names_is_kept(world: Build, kind: fault.Kind) -> None:
    here = world(posts(5), faults=[fault.at(kind, 2)])
    here.crawl(IDS)
    first, second, third = [seen.time for seen in here.stand_in.seen][:3]
    assert third - second == pytest.approx(fault.RETRY_AFTER, abs=0.01)
    assert second - first < 2


def test_a_challenge_beside_the_end_of_the_quota_is_waited_for_until_then(world: Build) -> None:
    here = world(posts(5), faults=[fault.at("challenge-reset", 2)])
    with pytest.raises(TryLaterError) as caught:
        here.crawl(IDS)
    assert caught.value.after == pytest.approx(3600, abs=3)


@pytest.mark.parametrize("kind", TOKEN_KINDS)
def test_a_refused_token_keeps_what_was_read(world: Build, kind: fault.Kind) -> None:
    here = world(forum(), faults=[fault.at(kind, 4)])
    with pytest.raises(InputError, match="MLPROJECT_V2EX_TOKEN is refused"):
        here.crawl(BACKFILL)
    assert here.ids() == list(range(11, 31))
    assert here.crawl(BACKFILL).topics_new == 55


def test_waits_of_a_lasting_block_double_up_to_the_cap(world: Build) -> None:
    here = world(posts(5), faults=[fault.at("challenge", *range(1, 6))])
    ends = here.crawl_on(Order("new"))
    waits = [end.after for end in ends if isinstance(end, TryLaterError)]
    assert waits == [3600, 7200, 14_400, 21_600, 21_600]


@pytest.mark.parametrize("kind", ["truncated", "huge", "unavailable", "redirect", "page"])
def test_one_topic_that_stays_broken_keeps_no_crawl_away(world: Build, kind: fault.Kind) -> None:
    here = world(posts(6))
    seen = here.stand_in.seen
    here.stand_in.faults.append(Fault(kind, lambda number, path: seen[-1].query == "id=3"))
    ends = here.crawl_on(Order("ids", ids=(1, 6)))
    assert here.ids() == [1, 2, 4, 5, 6]
    assert here.rows("SELECT id, reason FROM topic_gap") == [(3, "failing")]
    assert here.clock.now() - START < (4 * 3600 if kind in ("redirect", "page") else 120)
    assert new_topics(ends) == 5
    assert here.crawl(Order("ids", ids=(1, 6))).requests == 0


def test_a_broken_topic_gets_a_second_look_a_day_later_and_then_none(world: Build) -> None:
    here = world(posts(6))
    seen = here.stand_in.seen
    broken = Fault("truncated", lambda number, path: seen[-1].query in ("id=3", "id=4"))
    here.stand_in.faults.append(broken)
    here.crawl_on(Order("ids", ids=(3, 4)))
    here.stand_in.faults[:] = [Fault("truncated", lambda number, path: seen[-1].query == "id=3")]
    here.clock.sleep(90_000)
    here.crawl_on(Order("revisit"))
    assert here.ids() == [4]
    assert here.rows("SELECT id, reason FROM topic_gap") == [(3, "unreadable")]
    here.clock.sleep(5 * 86_400)
    here.stand_in.seen.clear()
    here.crawl(Order("revisit"))
    assert here.paths() == ["/api/topics/show.json?id=4"]


def test_a_stored_topic_that_breaks_is_kept_and_looked_at_again_at_its_next_age(
    world: Build,
) -> None:
    here = world([Post(1, "题目", "正文", created=int(START))])
    here.crawl(Order("new"))
    here.stand_in.faults.append(Fault("truncated", lambda number, path: path.endswith("show.json")))
    here.clock.sleep(90_000)
    here.crawl_on(Order("revisit"))
    assert here.crawl(Order("revisit")).requests == 0
    assert stored(here) == [(1, "题目", "正文", False)]


def test_one_page_that_stays_broken_is_skipped_and_read_in_the_next_round(world: Build) -> None:
    here = world([*posts(90), *posts(25, 101, "life")])
    seen = here.stand_in.seen
    broken = Fault(
        "truncated", lambda number, path: path.endswith("qna/topics") and seen[-1].query == "p=2"
    )
    here.stand_in.faults.append(broken)
    here.crawl_on(BACKFILL)
    lost = set(range(51, 71))
    assert set(here.ids()) == {*range(1, 91), *range(101, 126)} - lost
    here.stand_in.faults.clear()
    assert here.crawl(BACKFILL).topics_new == 20


def test_a_forum_that_serves_no_deep_pages_ends_the_node(world: Build) -> None:
    here = world([*posts(400), *posts(25, 501, "life")])
    seen = here.stand_in.seen
    broken = Fault("unavailable", lambda number, path: seen[-1].query in deep)
    deep = {f"p={page}" for page in range(4, 21)}
    here.stand_in.faults.append(broken)
    here.crawl_on(BACKFILL)
    assert len(here.ids()) == 60 + 25
    assert [path for path in here.paths() if path.endswith("p=7")] == []


def test_a_forum_that_is_down_loses_nothing_to_doubts(world: Build) -> None:
    here = world(posts(6), faults=[fault.at("unavailable", *range(2, 30))])
    here.crawl_on(Order("ids", ids=(1, 6)))
    assert here.ids() == [1, 2, 3, 4, 5, 6]
    assert here.rows("SELECT id FROM topic_gap") == []


def test_texts_of_all_sorts_arrive_as_they_are(world: Build) -> None:
    odd = [
        Post(1, "空", "", created=int(START) - 5),
        Post(2, "", "行\r\n行\u2028\x7f\u0007", created=int(START) - 4),
        Post(97, "触", "🀄" * 5000, created=int(START) - 3),  # last_touched < created
    ]
    here = world(odd)
    here.crawl(BACKFILL)
    assert stored(here) == [(post.id, post.title, post.content, False) for post in odd]


def test_what_was_read_is_told_by_the_run_that_goes_on(world: Build) -> None:
    here = world(forum(), faults=[fault.at("challenge", 5)])
    with pytest.raises(TryLaterError):
        here.crawl(BACKFILL)
    assert len(here.ids()) == 40
    here.clock.sleep(4000)
    outcome = here.crawl(BACKFILL)
    assert (outcome.topics_new, outcome.requests) == (55, 2)
    assert json.dumps(outcome.as_result())
    assert here.crawl(BACKFILL).topics_new == 0
