"""The few routes that are asked all the time, without the layers of a router."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]
OnError = Callable[[Request, Exception], Awaitable[Response]]


class Direct:
    """Calls the function of a method and path that it knows; the rest is for ``app``.

    Starlette's own layers answer the same in three times the time. ``errors`` are those that
    ``on_error`` has an answer to.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoints: Mapping[tuple[str, str], Endpoint],
        errors: tuple[type[Exception], ...],
        on_error: OnError,
    ) -> None:
        self._app = app
        self._endpoints = endpoints
        self._errors = errors
        self._on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = scope["type"] == "http" and self._endpoints.get((scope["method"], scope["path"]))
        if not endpoint:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await endpoint(request)
        except self._errors as error:
            response = await self._on_error(request, error)
        await response(scope, receive, send)
