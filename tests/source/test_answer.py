"""What each answer of the forum means."""

import json

import pytest
from requests.structures import CaseInsensitiveDict

from mlproject.errors import InputError
from mlproject.source import request
from mlproject.source.answer import Answer, MissingError, NotNowError, read

NOW = 1_700_000_000.0
V1 = request.latest()
V2 = request.node_page("qna", 1)


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Answer(status, CaseInsensitiveDict(named), raw)


def test_a_list_of_v1_is_its_value() -> None:
    assert read(answer([{"id": 1}]), V1, NOW) == [{"id": 1}]


def test_raw_control_characters_are_read() -> None:
    assert read(answer(b'[{"title": "a\x01\nb"}]'), V1, NOW) == [{"title": "a\x01\nb"}]


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert read(answer(b'["\xff"]'), V1, NOW) == ["\ufffd"]


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_web_page_means_kept_out_at_any_status(status: int) -> None:
    with pytest.raises(NotNowError) as caught:
        read(answer(b"  <!DOCTYPE html><html>", status), V1, NOW)
    assert caught.value.closed


def test_a_challenge_with_a_reset_says_when_to_come_back() -> None:
    page = answer(b"<html>", 403, cf_mitigated="challenge", X_Rate_Limit_Reset="1700000500")
    with pytest.raises(NotNowError) as caught:
        read(page, V1, NOW)
    assert (caught.value.closed, caught.value.until) == (True, 1_700_000_500.0)


def test_a_redirect_means_kept_out() -> None:
    with pytest.raises(NotNowError, match="redirects"):
        read(answer(b"", 302, Location="/signin"), V1, NOW)


def test_a_spent_quota_says_when_it_is_full_again() -> None:
    with pytest.raises(NotNowError) as caught:
        read(answer({"message": "spent"}, 403, X_Rate_Limit_Reset="1700000500"), V1, NOW)
    assert (caught.value.closed, caught.value.until) == (True, 1_700_000_500.0)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("30", NOW + 30),
        ("0", NOW + 1),
        ("Tue, 14 Nov 2023 22:14:20 GMT", NOW + 60),
        ("Mon, 13 Nov 2023 00:00:00 GMT", NOW + 1),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, until: float | None) -> None:
    with pytest.raises(NotNowError) as caught:
        read(answer({"success": False}, 429, Retry_After=text), V2, NOW)
    assert caught.value.until == until


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>502</html>", 502),
        (b"", 503),
        (b"[1, 2", 200),
        (b"", 200),
        (b"null", 200),
        (b"[" * 100_000, 200),
        (b'{"success": false, "message": "Something went wrong"}', 200),
        (b'{"some": "object"}', 200),
        (b"[]", 418),
    ],
)
def test_faults_may_soon_pass(body: bytes, status: int) -> None:
    with pytest.raises(NotNowError) as caught:
        read(answer(body, status), V1, NOW)
    assert not caught.value.closed


@pytest.mark.parametrize(("message", "status"), [("Invalid token", 401), ("Token expired", 200)])
def test_a_refused_token_names_the_setting(message: str, status: int) -> None:
    with pytest.raises(InputError, match="MLPROJECT_V2EX_TOKEN is refused"):
        read(answer({"success": False, "message": message}, status), V2, NOW)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "error", "message": "Object Not Found"}, 404),
        ({"success": False, "message": "Object Not Found"}, 404),
        ({"success": False, "message": "Object Not Found"}, 200),
    ],
)
def test_not_found_is_missing(body: object, status: int) -> None:
    with pytest.raises(MissingError):
        read(answer(body, status), V2, NOW)


@pytest.mark.parametrize(
    ("message", "status", "headers"),
    [
        ("Too many requests for this token", 429, {}),
        ("Rate limit of this invalid token exceeded", 429, {}),
        ("This token has no requests left", 403, {"X-Rate-Limit-Remaining": "0"}),
        ("Token quota exceeded", 403, {}),
        ("The token was used too often", 200, {}),
    ],
)
def test_a_text_that_names_a_token_does_not_refuse_it(
    message: str, status: int, headers: dict[str, str]
) -> None:
    with pytest.raises(NotNowError):
        read(answer({"success": False, "message": message}, status, **headers), V2, NOW)


@pytest.mark.parametrize(
    ("message", "status"),
    [("Token is invalid", 200), ("This token has expired", 403), ("", 401), ("Revoked token", 400)],
)
def test_a_token_is_refused_in_clear_words_or_by_401(message: str, status: int) -> None:
    with pytest.raises(InputError, match="MLPROJECT_V2EX_TOKEN is refused"):
        read(answer({"success": False, "message": message}, status), V2, NOW)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": "Rate limit exceeded"},
        {"success": True, "result": None},
        {"success": True},
        {"result": []},
        {"success": True, "result": {}},
        {"success": True, "result": [], "pagination": {"pages": 20, "total": 400}},
    ],
)
def test_an_envelope_without_its_rows_is_a_fault(body: object) -> None:
    with pytest.raises(NotNowError):
        read(answer(body), request.node_page("qna", 5), NOW)


@pytest.mark.parametrize("pagination", [None, {"pages": 4, "total": 80}, {"pages": 5, "total": 0}])
def test_a_page_beyond_the_last_is_empty(pagination: object) -> None:
    body = {"success": True, "result": [], "pagination": pagination}
    assert read(answer(body), request.node_page("qna", 5), NOW) == body
