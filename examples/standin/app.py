"""The stand-in as an ASGI app: both APIs over one forum."""

import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from examples.standin import api_v1, api_v2
from examples.standin.ban import Ban
from examples.standin.fault import Fault
from examples.standin.forum import Forum, Source
from examples.standin.posts import Post
from examples.standin.quota import Quota

Handler = Callable[[Source, Request], tuple[int, Any]]
REMEMBERED = 100_000  # requests
BANNED = "<!DOCTYPE html><html><body>Access denied</body></html>"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in."""

    time: float  # by the app's clock
    path: str
    query: str
    user_agent: str
    authorization: str


class StandIn:
    """State of one stand-in; tests read and change it while the app runs."""

    def __init__(
        self,
        posts: Iterable[Post] | Source,
        quota: int = 600,
        token: str = "",
        clock: Callable[[], float] = time.time,
        faults: Sequence[Fault] = (),
    ) -> None:
        """Posts, or a forum that has them; an empty token lets any in; ``quota`` is per hour."""
        self.forum = Forum(posts, clock) if isinstance(posts, Iterable) else posts
        self.quota = Quota(quota, clock)
        self.ban = Ban(clock)
        self.refused = 0  # requests beyond the quota or under the ban
        self.at_once = self.most_at_once = 0  # requests
        self.token = token
        self.clock = clock
        self.faults = list(faults)
        self.seen: deque[Seen] = deque(maxlen=REMEMBERED)
        self.count = 0
        self.app = Starlette(
            routes=[
                Route("/healthz", _healthy),
                *(Route(f"/api/{path}", self._guard(use)) for path, use in api_v1.ROUTES.items()),
                *(
                    Route(f"/api/v2/{path}", self._guard(self._signed(use)))
                    for path, use in api_v2.ROUTES.items()
                ),
            ]
        )

    def _guard(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Count the request, take it off the quota, let a fault befall it."""

        async def endpoint(request: Request) -> Response:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                answer = self._answer(handler, request)
                number = self.count
                for fault in self.faults:
                    if fault.when(number, request.url.path):
                        answer = await fault.befall(answer)
                return answer
            finally:
                self.at_once -= 1

        return endpoint

    def _answer(self, handler: Handler, request: Request) -> Response:
        self._note(request)
        client = request.client.host if request.client else ""
        if self.ban.holds(client, request.url.path):
            self.refused += 1
            return HTMLResponse(BANNED, 403)
        allowed, headers = self.quota.take(client)
        self.refused += not allowed
        status, value = handler(self.forum, request) if allowed else (403, _spent(request))
        return JSONResponse(value, status, headers)

    def _note(self, request: Request) -> None:
        self.count += 1
        agent = request.headers.get("user-agent", "")
        signed = request.headers.get("authorization", "")
        self.seen.append(Seen(self.clock(), request.url.path, request.url.query, agent, signed))

    def _signed(self, handler: Handler) -> Handler:
        def checked(forum: Source, request: Request) -> tuple[int, Any]:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            good = token and (not self.token or secrets.compare_digest(token, self.token))
            if scheme.lower() != "bearer" or not good:
                return 401, {"success": False, "message": "Invalid token"}
            return handler(forum, request)

        return checked


async def _healthy(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _spent(request: Request) -> dict[str, Any]:
    if request.url.path.startswith("/api/v2/"):
        return {"success": False, "message": "Rate limit exceeded"}
    return {"status": "error", "message": "Rate limit exceeded"}
