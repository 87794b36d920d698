"""New topics, revisits and ranges: real HTTP, real Postgres, virtual time."""

from dataclasses import replace

import pytest
from starlette.responses import JSONResponse

from examples.standin import fault
from examples.standin.posts import Post
from mlproject.errors import InputError, TryLaterError
from mlproject.source.crawl import Order
from mlproject.source.topic import pseudonym
from mlproject.store import crawl_state

from .world import START, Build, World, posts

NEW, REVISIT = Order("new"), Order("revisit")
DAY = 86_400


def later(post_id: int, minutes: int) -> Post:
    return Post(post_id, "新题目", "内容", created=int(START) + 60 * minutes)


def test_the_first_run_stores_the_latest_list(world: Build) -> None:
    here = world(posts(50))
    outcome = here.crawl(NEW)
    assert here.ids() == list(range(31, 51))
    assert (outcome.requests, outcome.topics_new, outcome.done) == (1, 20, True)
    assert (outcome.quota_limit, outcome.quota_remaining) == (600, 599)


def test_a_stored_topic_is_what_the_forum_shows(world: Build) -> None:
    here = world([Post(7, "题目", "一\r\n二", "life", int(START) - 60, author="somebody")])
    here.crawl(NEW)
    query = "SELECT site, id, title, content, node, author, extract(epoch FROM created) FROM topic"
    assert here.rows(query) == [
        ("127.0.0.1", 7, "题目", "一\r\n二", "life", pseudonym("somebody"), int(START) - 60)
    ]


def test_ids_between_the_highest_stored_and_the_newest_are_fetched(world: Build) -> None:
    here = world([*posts(20), *(later(number, number) for number in range(21, 61))])
    here.crawl(NEW)
    here.clock.sleep(DAY)
    outcome = here.crawl(NEW)
    assert here.ids() == list(range(1, 61))
    assert (outcome.topics_new, outcome.requests) == (40, 21)


def test_a_gap_is_asked_for_once(world: Build) -> None:
    here = world([*posts(20), later(24, 1)])
    here.crawl(NEW)
    here.clock.sleep(DAY)
    assert here.crawl(NEW).requests == 4
    assert here.rows("SELECT id, reason FROM topic_gap ORDER BY id") == [
        (number, "missing") for number in (21, 22, 23)
    ]
    assert here.crawl(NEW).requests == 1


def test_a_broken_off_run_is_gone_on_with(world: Build) -> None:
    here = world([*posts(20), *(later(number, number) for number in range(21, 61))])
    here.crawl(NEW)
    here.clock.sleep(DAY)
    assert not here.crawl(replace(NEW, max_requests=7)).done
    here.forum.put(later(61, 2 * DAY // 60))
    here.clock.sleep(2 * DAY)
    assert here.crawl(NEW).done
    assert here.ids() == list(range(1, 62))


def test_a_first_run_leaves_what_is_far_below_to_a_backfill(world: Build) -> None:
    here = world([*posts(1), later(5000, 1)])
    here.crawl(Order("ids", ids=(1, 1)))
    here.clock.sleep(DAY)
    here.crawl(replace(NEW, max_requests=2))
    assert here.crawl(replace(NEW, max_requests=2)).requests == 2
    asked = [path for path in here.paths() if "show" in path]
    assert asked[1:] == [f"/api/topics/show.json?id={number}" for number in (4999, 4998)]
    settled = here.rows("SELECT value->'settled' FROM crawl_state WHERE key = 'new'")
    assert settled == [(4000,)]


def test_an_empty_forum_is_no_fault(world: Build) -> None:
    here = world([])
    assert here.crawl(NEW).done
    here.forum.put(later(9000, -1))
    assert here.crawl(NEW).requests == 1
    assert here.ids() == [9000]


def test_an_edited_topic_in_the_list_is_a_change(world: Build) -> None:
    here = world(posts(3))
    here.crawl(NEW)
    here.forum.put(replace(posts(3)[2], content="改过的正文"))
    outcome = here.crawl(NEW)
    assert (outcome.topics_new, outcome.topics_changed) == (0, 1)


def test_a_topic_that_is_shown_as_deleted_is_gone(world: Build) -> None:
    here = world(posts(2))
    here.crawl(NEW)
    for post in posts(3):
        here.forum.put(replace(post, deleted=True))
    here.clock.sleep(2 * DAY)
    assert here.crawl(REVISIT).topics_gone == 2
    here.crawl(Order("ids", ids=(1, 3)))
    assert here.rows("SELECT id, reason FROM topic_gap") == [(3, "missing")]


def test_a_range_of_ids_is_fetched_once(world: Build) -> None:
    here = world(posts(50))
    outcome = here.crawl(Order("ids", ids=(45, 52)))
    assert here.ids() == list(range(45, 51))
    assert (outcome.requests, outcome.topics_new, outcome.done) == (8, 6, True)
    again = here.crawl(Order("ids", ids=(45, 52)))
    assert (again.requests, again.done) == (0, True)


def test_young_topics_are_looked_at_again_after_1_5_and_30_days(world: Build) -> None:
    here = world([Post(1, "题目", "正文", created=int(START))])
    here.crawl(NEW)
    asked = []
    for day in range(1, 40):
        here.clock.sleep(START + day * DAY + 60 - here.clock.now())
        if here.crawl(REVISIT).requests:
            asked.append(day)
    assert asked == [1, 5, 30]


def test_revisiting_marks_what_is_gone_and_keeps_it(world: Build) -> None:
    here = world(posts(3))
    here.crawl(NEW)
    here.forum.delete(2)
    here.forum.put(replace(posts(3)[2], title="改过的题目"))
    here.clock.sleep(2 * DAY)
    outcome = here.crawl(REVISIT)
    assert (outcome.requests, outcome.topics_changed, outcome.topics_gone) == (3, 1, 1)
    assert here.rows("SELECT id, gone FROM topic ORDER BY id") == [
        (1, False),
        (2, True),
        (3, False),
    ]
    assert here.crawl(REVISIT).requests == 0


def test_show_is_called_at_most_five_times_in_ten_seconds(world: Build) -> None:
    here = world(posts(50), v2ex_min_interval=0.0)
    here.crawl(Order("ids", ids=(1, 12)))
    here.crawl(Order("ids", ids=(13, 24)))
    times = [seen.time for seen in here.stand_in.seen]
    assert len(times) == 24
    assert all(sixth - first > 10 for first, sixth in zip(times, times[5:], strict=False))


def test_requests_keep_the_interval(world: Build) -> None:
    here = world(posts(50), v2ex_min_interval=3.0)
    here.crawl(Order("ids", ids=(1, 4)))
    times = [seen.time - START for seen in here.stand_in.seen]
    assert times == [0, 3, 6, 9]


def test_a_spent_quota_is_waited_for_where_that_is_short(world: Build) -> None:
    here = world(posts(50), quota=10, v2ex_max_wait=3700.0)
    assert here.crawl(Order("ids", ids=(1, 12))).done
    assert here.ids() == list(range(1, 13))
    assert here.clock.now() > START + 3600


def test_a_spent_quota_ends_a_run_that_may_not_wait_and_the_next_asks_nothing(
    world: Build,
) -> None:
    here = world(posts(50), quota=10)
    with pytest.raises(TryLaterError, match="quota of 10 requests is spent") as caught:
        here.crawl(Order("ids", ids=(1, 12)))
    assert caught.value.after is not None
    assert 3500 < caught.value.after <= 3601
    with pytest.raises(TryLaterError):
        here.crawl(NEW)
    assert (here.stand_in.count, here.ids()) == (10, list(range(1, 11)))
    here.clock.sleep(caught.value.after)
    assert here.crawl(Order("ids", ids=(1, 12))).requests == 2


@pytest.mark.parametrize(
    "kind", ["unavailable", "bad-gateway", "failure", "truncated", "busy", "busy-until", "huge"]
)
def test_a_fault_is_waited_out(world: Build, kind: fault.Kind) -> None:
    here = world(posts(5), faults=[fault.at(kind, 1, 3)])
    outcome = here.crawl(Order("ids", ids=(1, 5)))
    assert here.ids() == [1, 2, 3, 4, 5]
    assert (outcome.requests, outcome.done) == (7, True)


def test_a_timeout_is_waited_out(world: Build) -> None:
    here = world(posts(2), faults=[fault.at("slow", 1)], v2ex_timeout=0.2)
    assert here.crawl(NEW).topics_new == 2


def test_control_characters_are_stored(world: Build) -> None:
    here = world(posts(1), faults=[fault.at("control", 1)])
    here.crawl(NEW)
    assert here.rows("SELECT title FROM topic") == [("\x01题目 1",)]


def test_lasting_faults_end_the_run_after_growing_waits(world: Build) -> None:
    here = world(posts(5), faults=[fault.every("unavailable", 1)])
    with pytest.raises(TryLaterError, match="answers 503: try again in 160 seconds"):
        here.crawl(NEW)
    assert [seen.time - START for seen in here.stand_in.seen] == [0, 5, 15, 35, 75, 155]


@pytest.mark.parametrize("kind", ["challenge", "page", "redirect"])
def test_a_block_ends_the_run_and_keeps_every_crawl_away(world: Build, kind: fault.Kind) -> None:
    here = world(posts(5), faults=[fault.at(kind, 3)])
    with pytest.raises(TryLaterError) as caught:
        here.crawl(Order("ids", ids=(1, 5)))
    assert caught.value.after == 3600
    with pytest.raises(TryLaterError):
        here.crawl(NEW)
    assert (here.stand_in.count, here.ids()) == (3, [1, 2])
    assert here.rows("SELECT id FROM topic_gap") == []
    here.clock.sleep(3600)
    assert here.crawl(Order("ids", ids=(1, 5))).requests == 3


def test_max_requests_counts_what_failed_too(world: Build) -> None:
    here = world(posts(5), faults=[fault.every("unavailable", 1)])
    outcome = here.crawl(Order("new", max_requests=2))
    assert (outcome.requests, outcome.done) == (2, False)


def test_ids_without_a_range_are_refused(world: Build) -> None:
    here: World = world([])
    with pytest.raises(InputError, match="ids is missing"):
        here.crawl(Order("ids"))


def test_a_crawl_waits_for_the_turn_of_another_but_not_for_ever(world: Build) -> None:
    here = world(posts(5), v2ex_turn_wait=0.05)
    with here.connect() as other:
        assert crawl_state.lock(other, here.settings.site, 1.0)
        with pytest.raises(TryLaterError, match=r"another crawl of 127\.0\.0\.1"):
            here.crawl(NEW)
    assert here.stand_in.count == 0
    assert here.crawl(NEW).done


def only(here: World, path: str, value: object) -> None:
    """Let every request of a path have this answer."""
    other = fault.Fault("other-data", lambda n, at: at.endswith(path), lambda: JSONResponse(value))
    here.stand_in.faults[:] = [other]


@pytest.mark.parametrize("text", [{}, {"title": None, "content": None}, {"content": 7}])
def test_a_title_and_text_that_an_answer_lacks_are_kept(
    world: Build, text: dict[str, object]
) -> None:
    here = world(posts(1))
    here.crawl(NEW)
    only(here, "latest.json", [{"id": 1, "created": int(START) - 3600, **text}])
    assert here.crawl(NEW).topics_changed == 0
    assert here.rows("SELECT title, content FROM topic") == [("题目 1", "正文 1\r\n第二行")]


def test_an_emptied_text_is_an_edit(world: Build) -> None:
    here = world(posts(1))
    here.crawl(NEW)
    here.forum.put(replace(posts(1)[0], content=""))
    assert here.crawl(NEW).topics_changed == 1
    assert here.rows("SELECT title, content FROM topic") == [("题目 1", "")]


def test_a_topic_that_was_gone_by_mistake_comes_back_a_day_later(world: Build) -> None:
    here = world(posts(3))
    here.crawl(NEW)
    here.clock.sleep(2 * DAY)
    only(here, "show.json", [])
    assert here.crawl(REVISIT).topics_gone == 3
    here.stand_in.faults.clear()
    here.forum.delete(2)
    assert here.crawl(REVISIT).requests == 0
    here.clock.sleep(DAY)
    outcome = here.crawl(REVISIT)
    assert (outcome.requests, outcome.topics_changed, outcome.topics_gone) == (3, 2, 0)
    assert here.rows("SELECT id FROM topic WHERE gone") == [(2,)]
    here.clock.sleep(DAY)
    assert here.crawl(REVISIT).requests == 0


@pytest.mark.parametrize("contact", ["", "mail@example.org"])
def test_a_run_without_a_contact_warns_once_and_names_the_setting(
    world: Build, caplog: pytest.LogCaptureFixture, contact: str
) -> None:
    here = world(posts(3), v2ex_contact=contact)
    here.crawl(Order("ids", ids=(1, 3)))
    warnings = [line for line in caplog.messages if "MLPROJECT_V2EX_CONTACT is empty" in line]
    assert len(warnings) == (0 if contact else 1)
