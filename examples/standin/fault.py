"""What goes wrong with a forum, to be injected into the stand-in's answers by tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

Kind = Literal[
    "challenge",
    "challenge-until",
    "challenge-reset",
    "page",
    "page-missing",
    "redirect",
    "forbidden",
    "forbidden-page",
    "busy",
    "busy-until",
    "busy-date",
    "unavailable",
    "unavailable-until",
    "bad-gateway",
    "failure",
    "empty-body",
    "other-data",
    "token-expired",
    "token-invalid",
    "truncated",
    "cut",
    "control",
    "bare",
    "nulls",
    "huge",
    "slow",
    "trickle",
    "nothing",
    "limit-message",
    "null-result",
    "no-rows",
]
CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
CHALLENGED = {"cf-mitigated": "challenge"}
PAGE = "<!DOCTYPE html><html><body>V2EX</body></html>"
BUSY = {"success": False, "message": "Too many requests"}
HUGE = 20_000_000  # bytes
SLOW = 1.0  # seconds
TRICKLE = 0.05  # seconds between two bytes of a body
RETRY_AFTER = 30  # seconds
PAST = "Mon, 13 Nov 2023 00:00:00 GMT"
# Fields without which a topic is still one.
OPTIONAL = (
    *("content_rendered", "syntax", "url", "replies", "last_reply_by", "last_modified"),
    *("last_touched", "member", "deleted", "supplements", "message", "pagination", "per_page"),
)

FIXED: dict[str, Callable[[], Response]] = {
    "challenge": lambda: HTMLResponse(CHALLENGE, 403, CHALLENGED),
    "challenge-until": lambda: HTMLResponse(
        CHALLENGE, 403, {**CHALLENGED, "Retry-After": str(RETRY_AFTER)}
    ),
    "page": lambda: HTMLResponse(PAGE),
    "page-missing": lambda: HTMLResponse(PAGE, 404),
    "redirect": lambda: Response(status_code=302, headers={"Location": "/signin"}),
    "forbidden": lambda: JSONResponse({"status": "error", "message": "Forbidden"}, 403),
    "forbidden-page": lambda: HTMLResponse(PAGE, 403),
    "busy": lambda: JSONResponse(BUSY, 429),
    "busy-until": lambda: JSONResponse(BUSY, 429, {"Retry-After": str(RETRY_AFTER)}),
    "busy-date": lambda: JSONResponse(BUSY, 429, {"Retry-After": PAST}),
    "unavailable": lambda: JSONResponse({"message": "Service Unavailable"}, 503),
    "unavailable-until": lambda: JSONResponse({}, 503, {"Retry-After": str(RETRY_AFTER)}),
    "bad-gateway": lambda: HTMLResponse("<html><title>502 Bad Gateway</title></html>", 502),
    "failure": lambda: JSONResponse({"success": False, "message": "Something went wrong"}),
    "empty-body": lambda: Response(b"", media_type="application/json"),
    "nothing": lambda: JSONResponse({}),
    "limit-message": lambda: JSONResponse({"message": "Rate limit exceeded"}),
    "null-result": lambda: JSONResponse({"success": True, "result": None}),
    "token-expired": lambda: JSONResponse({"success": False, "message": "Token expired"}),
    "token-invalid": lambda: JSONResponse({"success": False, "message": "Invalid token"}, 401),
    "huge": lambda: Response(b'["' + b"x" * HUGE + b'"]', media_type="application/json"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """``when(number, path)`` says which requests it befalls; they are numbered from 1.

    ``other`` gives the data of the kind ``other-data``.
    """

    kind: Kind
    when: Callable[[int, str], bool]
    other: Callable[[], Response] = lambda: JSONResponse({"success": True, "result": "none"})

    async def befall(self, answer: Response) -> Response:
        """What the client gets instead of the answer."""
        if self.kind == "other-data":
            return self.other()
        if self.kind in FIXED:
            return FIXED[self.kind]()
        if self.kind == "slow":
            await asyncio.sleep(SLOW)
            return answer
        if self.kind == "trickle":
            return _trickling(answer)
        if self.kind == "challenge-reset":
            return HTMLResponse(CHALLENGE, 403, {**CHALLENGED, **quota_headers(answer)})
        return _spoilt(self.kind, answer)


def _trickling(answer: Response) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        for byte in bytes(answer.body):
            yield bytes([byte])
            await asyncio.sleep(TRICKLE)

    return StreamingResponse(drops(), headers=dict(answer.headers))


def _spoilt(kind: Kind, answer: Response) -> Response:
    body = bytes(answer.body)
    headers = quota_headers(answer)
    if kind == "truncated":
        body = body[: len(body) // 2]
    elif kind == "cut":  # fewer bytes than promised: the connection breaks off
        return StreamingResponse(
            iter([body[: len(body) // 2]]),
            headers={**headers, "content-length": str(len(body) + 1)},
            media_type="application/json",
        )
    elif kind == "control":
        body = body.replace(b'"title":"', b'"title":"\x01')
    elif kind == "no-rows":  # of API 2.0, whatever the pagination says
        value = json.loads(body)
        emptied = {**value, "result": []} if isinstance(value, dict) else value
        body = json.dumps(emptied, ensure_ascii=False).encode()
    else:
        replaced = _without(json.loads(body), kind == "nulls")
        body = json.dumps(replaced, ensure_ascii=False).encode()
    return Response(body, headers=headers, media_type="application/json")


def _without(value: Any, nulls: bool) -> Any:
    """A JSON value whose optional fields are null, or are not there."""
    if isinstance(value, list):
        return [_without(one, nulls) for one in value]
    if not isinstance(value, dict):
        return value
    bare = {key: _without(one, nulls) for key, one in value.items() if key not in OPTIONAL}
    return {**bare, **{key: None for key in value if nulls and key in OPTIONAL}}


def at(kind: Kind, *numbers: int) -> Fault:
    """A fault of these requests."""
    return Fault(kind, lambda number, path: number in numbers)


def every(kind: Kind, step: int) -> Fault:
    """A fault of each ``step``-th request."""
    return Fault(kind, lambda number, path: number % step == 0)


def quota_headers(answer: Response) -> dict[str, str]:
    return {key: value for key, value in answer.headers.items() if key.startswith("x-rate-limit")}
