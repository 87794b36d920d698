"""What goes wrong with a forum, to be injected into the stand-in's answers by tests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.responses import HTMLResponse, JSONResponse, Response

Kind = Literal[
    "challenge",
    "page",
    "redirect",
    "forbidden",
    "busy",
    "busy-until",
    "unavailable",
    "bad-gateway",
    "failure",
    "token-expired",
    "truncated",
    "control",
    "huge",
    "slow",
]
CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
HUGE = 20_000_000  # bytes
SLOW = 1.0  # seconds
RETRY_AFTER = 30  # seconds

FIXED: dict[str, Callable[[], Response]] = {
    "challenge": lambda: HTMLResponse(CHALLENGE, 403, {"cf-mitigated": "challenge"}),
    "page": lambda: HTMLResponse("<!DOCTYPE html><html><body>V2EX</body></html>"),
    "redirect": lambda: Response(status_code=302, headers={"Location": "/signin"}),
    "forbidden": lambda: JSONResponse({"status": "error", "message": "Forbidden"}, 403),
    "busy": lambda: JSONResponse({"success": False, "message": "Too many requests"}, 429),
    "busy-until": lambda: JSONResponse(
        {"success": False, "message": "Too many requests"}, 429, {"Retry-After": str(RETRY_AFTER)}
    ),
    "unavailable": lambda: JSONResponse({"message": "Service Unavailable"}, 503),
    "bad-gateway": lambda: HTMLResponse("<html><title>502 Bad Gateway</title></html>", 502),
    "failure": lambda: JSONResponse({"success": False, "message": "Something went wrong"}),
    "token-expired": lambda: JSONResponse({"success": False, "message": "Token expired"}),
    "huge": lambda: Response(b'["' + b"x" * HUGE + b'"]', media_type="application/json"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """``when(number, path)`` says which requests it befalls; they are numbered from 1."""

    kind: Kind
    when: Callable[[int, str], bool]

    async def befall(self, answer: Response) -> Response:
        """What the client gets instead of the answer."""
        if self.kind in FIXED:
            return FIXED[self.kind]()
        if self.kind == "slow":
            await asyncio.sleep(SLOW)
            return answer
        body = bytes(answer.body)
        if self.kind == "truncated":
            return Response(body[: len(body) // 2], media_type="application/json")
        raw = body.replace(b'"title":"', b'"title":"\x01')
        return Response(raw, headers=dict(quota_headers(answer)), media_type="application/json")


def at(kind: Kind, *numbers: int) -> Fault:
    """A fault of these requests."""
    return Fault(kind, lambda number, path: number in numbers)


def every(kind: Kind, step: int) -> Fault:
    """A fault of each ``step``-th request."""
    return Fault(kind, lambda number, path: number % step == 0)


def quota_headers(answer: Response) -> dict[str, str]:
    return {key: value for key, value in answer.headers.items() if key.startswith("x-rate-limit")}
