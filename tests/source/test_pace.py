"""When the next request may be made."""

from dataclasses import replace

import pytest
from requests.structures import CaseInsensitiveDict

from mlproject.source import request
from mlproject.source.answer import NotNowError
from mlproject.source.pace import DAY, Pace, Quota, Rules

NOW = 1_700_000_000.0
RULES = Rules(interval=1.0, retry=5.0, block=3600.0, longest=20_000.0)
SHOW, LATEST, PAGE = request.show(1), request.latest(), request.node_page("qna", 1)


def headers(
    remaining: int, limit: int = 600, reset: int = 1_700_001_000
) -> CaseInsensitiveDict[str]:
    names = {"Limit": limit, "Remaining": remaining, "Reset": reset}
    return CaseInsensitiveDict({f"X-Rate-Limit-{name}": str(names[name]) for name in names})


def test_a_new_crawl_need_not_wait() -> None:
    assert Pace().spacing(SHOW, NOW, 1.0) == 0
    assert Pace().closed(SHOW, NOW, RULES) == (0, "")


def test_requests_keep_their_distance() -> None:
    assert Pace(last=NOW - 0.25).spacing(LATEST, NOW, 1.0) == 0.75


def test_the_sixth_call_of_show_waits_until_the_first_is_ten_seconds_old() -> None:
    pace = Pace()
    for second in range(5):
        assert pace.spacing(SHOW, NOW + second, 1.0) == 0
        pace.reserve(SHOW, NOW + second)
        pace.settle(SHOW, {}, NOW + second)
    assert pace.spacing(SHOW, NOW + 5, 1.0) == 5.5
    assert pace.spacing(LATEST, NOW + 5, 1.0) == 0


def test_a_clock_set_back_does_not_stop_the_crawl() -> None:
    assert Pace(last=NOW + 100_000).spacing(LATEST, NOW, 1.0) <= 10.5


def test_a_spent_quota_closes_until_the_reset() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(0), NOW)
    assert pace.closed(PAGE, NOW, RULES) == (1001.0, "the quota of 600 requests is spent")
    assert pace.closed(PAGE, NOW + 1001, RULES)[0] == 0


def test_an_api_of_unknown_quota_keeps_to_the_other_ones() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(0), NOW)
    assert pace.closed(LATEST, NOW, RULES)[0] == 1001
    assert pace.closed(LATEST, NOW + 1001, RULES)[0] == 0


def test_the_reserve_is_kept_until_shortly_before_the_reset() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(20), NOW)
    rules = replace(RULES, reserve=20)
    wait, reason = pace.closed(PAGE, NOW, rules)
    assert (wait, reason) == (
        1001 - 60 - 20,
        "the last 20 requests of the quota are left to new topics",
    )
    assert pace.closed(PAGE, NOW + wait, rules)[0] == 0
    assert pace.closed(LATEST, NOW, RULES)[0] == 0


def test_the_reserve_is_a_quarter_of_the_quota_at_most() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(11, limit=40), NOW)
    rules = replace(RULES, reserve=1000)
    assert pace.closed(PAGE, NOW, rules)[0] == 0
    pace.reserve(PAGE, NOW)
    assert pace.closed(PAGE, NOW, rules)[0] > 0


def test_a_request_without_an_answer_counts() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(1), NOW)
    pace.reserve(PAGE, NOW)
    assert pace.closed(PAGE, NOW, RULES)[0] > 0


def test_one_quota_is_taken_off_by_both_apis() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(300), NOW)
    pace.reserve(LATEST, NOW)
    pace.settle(LATEST, headers(299), NOW)
    assert [pace.quotas[api].remaining for api in ("v1", "v2")] == [299, 299]
    assert not pace.separate


@pytest.mark.parametrize(("limit", "remaining"), [(120, 100), (600, 500)])
def test_apis_are_seen_to_have_quotas_of_their_own(limit: int, remaining: int) -> None:
    pace = Pace()
    pace.settle(PAGE, headers(0), NOW)
    pace.settle(LATEST, headers(remaining, limit), NOW)
    assert pace.closed(PAGE, NOW, RULES)[0] > 0
    assert pace.closed(LATEST, NOW, RULES)[0] == 0


def test_requests_counted_but_never_made_do_not_part_a_quota() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(300), NOW)
    for _ in range(10):
        pace.reserve(PAGE, NOW)
    pace.settle(LATEST, headers(299), NOW)
    assert not pace.separate
    assert pace.quotas["v2"].remaining == 299


def test_a_request_is_doubted_after_faults_of_its_own() -> None:
    pace = Pace()
    for blame in (0, 1, 2):
        pace.blame(SHOW, NotNowError("why", blame=blame))
        assert not pace.doubted(SHOW)
    pace.blame(SHOW, NotNowError("why"))
    assert pace.doubted(SHOW)
    assert not pace.doubted(LATEST)
    pace.succeed(SHOW)
    assert not pace.doubted(SHOW)


def test_only_the_latest_doubts_are_kept() -> None:
    pace = Pace()
    for number in range(200):
        pace.blame(request.show(number), NotNowError("why"))
    assert len(pace.doubts) == 50


def test_a_reset_far_in_the_future_is_not_believed() -> None:
    pace = Pace()
    pace.settle(PAGE, headers(0, reset=1_700_000_000_000), NOW)
    assert pace.closed(PAGE, NOW, RULES)[0] == DAY


@pytest.mark.parametrize(
    ("closed", "waits"), [(False, [5, 10, 20, 40]), (True, [3600, 7200, 14_400, 20_000])]
)
def test_waits_double_up_to_the_longest(closed: bool, waits: list[float]) -> None:
    pace = Pace()
    seen = []
    for _ in waits:
        pace.fail(NotNowError("why", closed=closed), NOW, RULES)
        seen.append(pace.closed(LATEST, NOW, RULES))
    assert seen == [(wait, "why") for wait in waits]


def test_an_answer_that_says_when_is_believed_up_to_a_day() -> None:
    pace = Pace()
    pace.fail(NotNowError("why", until=NOW + 30), NOW, RULES)
    assert pace.closed(LATEST, NOW, RULES)[0] == 30
    pace.fail(NotNowError("why", until=NOW + 1e9), NOW, RULES)
    assert pace.closed(LATEST, NOW, RULES)[0] == DAY


def test_an_answer_opens_again() -> None:
    pace = Pace()
    pace.fail(NotNowError("why", closed=True), NOW, RULES)
    pace.succeed(LATEST)
    assert pace.closed(LATEST, NOW, RULES) == (0, "")
    assert pace.failures == 0


def test_survives_being_stored_as_json() -> None:
    pace = Pace(quotas={"v1": Quota(limit=1, remaining=1, reset=NOW)}, shows=[NOW], failures=2)
    assert Pace.model_validate(pace.model_dump()) == pace


@pytest.mark.parametrize("closed", [False, True])
def test_an_answer_that_says_at_once_again_and_again_is_asked_ever_more_seldom(
    closed: bool,
) -> None:
    pace = Pace()
    waits = []
    for _ in range(5):
        pace.fail(NotNowError("why", closed=closed, until=NOW + 1), NOW, RULES)
        waits.append(pace.closed(LATEST, NOW, RULES)[0])
    assert waits == [1, 10, 20, 40, 80]


def test_a_reset_told_twice_is_believed_twice() -> None:
    pace = Pace()
    for _ in range(2):
        pace.fail(NotNowError("spent", closed=True, until=NOW + 3600), NOW, RULES)
        assert pace.closed(LATEST, NOW, RULES)[0] == 3600
