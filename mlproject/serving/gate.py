"""Around every request: its id, its time limit, its line in the log, its metrics and trace."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from random import Random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlproject.serving import ledger, metrics
from mlproject.serving.answers import refusal
from mlproject.serving.request import Refusal, header
from mlproject.serving.sentry import capture, traced

log = logging.getLogger("bentoml.mlproject.access")

REQUEST_ID = "X-Request-ID"
_REQUEST_ID = REQUEST_ID.lower().encode()
FITTING = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
OTHER = "other"  # what a client made up is neither logged nor counted by its name
QUIET = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})  # asked all the time

FAILED = Refusal(500, "the service failed")

_random = Random()  # noqa: S311  an id is no secret


class Gate:
    """Answers 504 when the time is over and 500 when the application fails."""

    def __init__(
        self,
        app: ASGIApp,
        routes: frozenset[str],
        timeout: float,
        shown: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        """``shown``: what is around ``app`` and must be around those two answers as well."""
        self.app = app
        self.shown = shown or (lambda app: app)
        self.timeout = timeout
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Passage(self, scope).run(receive, send)

    def name(self, scope: Scope) -> str:
        """Method and route, both from fixed sets."""
        method = scope["method"] if scope["method"] in METHODS else OTHER
        return f"{method} {scope['path'] if scope['path'] in self._routes else OTHER}"

    @property
    def too_late(self) -> Refusal:
        return Refusal(504, f"no answer within {self.timeout:g} s: send fewer texts, or later")


class _Passage:
    """One request on its way."""

    def __init__(self, gate: Gate, scope: Scope) -> None:
        self._gate = gate
        self._scope = scope
        self._id = _given_id(scope) or f"{_random.getrandbits(64):016x}"
        self._status = 0

    async def run(self, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        name = self._gate.name(self._scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                message["headers"].append((_REQUEST_ID, self._id.encode()))
            await send(message)

        with traced(name, request_id=self._id) as tags:
            try:
                async with asyncio.timeout(self._gate.timeout):
                    await self._gate.app(self._scope, receive, answer)
            except TimeoutError:
                await self._instead(self._gate.too_late, receive, answer)
            except Exception as error:  # its message may hold the text
                log.error("request %s failed: %s", self._id, type(error).__name__)
                capture(error, request_id=self._id)
                await self._instead(FAILED, receive, answer)
            tags["status"] = str(self._status)
        seconds = time.perf_counter() - started
        ledger.note(metrics.request, name, self._status, seconds)
        if self._scope["path"] not in QUIET:
            ledger.note(log.info, "%s %d %.1f ms %s", name, self._status, seconds * 1000, self._id)

    async def _instead(self, error: Refusal, receive: Receive, answer: Send) -> None:
        if not self._status:  # nothing was sent yet
            await self._gate.shown(refusal(error))(self._scope, receive, answer)


def _given_id(scope: Scope) -> str:
    """The id that a request brings; "" when it has none that fits."""
    given = header(scope, _REQUEST_ID)
    return given if FITTING.fullmatch(given) else ""
