"""What a request may hold."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

MAX_BODY = 1 << 20  # bytes
MAX_TEXTS = 256


class Refusal(Exception):
    """An answer other than 200, with its reason."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})


def header(scope: Scope, name: bytes) -> str:
    """The first header of that lower-case name; "" when there is none."""
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return ""


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of the body.

    Raises:
        Refusal: 415 not JSON, 413 too long, 400 malformed.
        ClientDisconnect: the rest of the body does not come.
    """
    kind = header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, f"Content-Type {kind!r}: send application/json")
    body = await _body(request)
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the body is not JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(values, dict):
        raise Refusal(400, "the body must be a JSON object")
    return values


async def _body(request: Request) -> bytes | bytearray:
    declared = header(request.scope, b"content-length")
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise _too_long()
    body = bytearray()
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _too_long()
        more = message.get("more_body", False)
    return body


def _too_long() -> Refusal:
    return Refusal(413, f"the body is longer than {MAX_BODY} bytes: send fewer texts")


def texts_of(values: dict[str, Any]) -> list[str]:
    """The field ``texts``.

    Raises:
        Refusal: 400 when it is no list of strings, 422 when it holds no, too many or empty ones.
    """
    texts = values.get("texts")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refusal(400, 'send {"texts": ["…", …]}')
    if not texts:
        raise Refusal(422, "texts is empty: send at least one")
    if len(texts) > MAX_TEXTS:
        raise Refusal(422, f"{len(texts)} texts: send at most {MAX_TEXTS} at a time")
    for position, text in enumerate(texts):
        if not text.strip():
            raise Refusal(422, f"texts[{position}] is empty")
    return texts


def content_of(values: dict[str, Any]) -> str:
    """The field ``content``.

    Raises:
        Refusal: 400 when it is no string, 422 when it is empty.
    """
    content = values.get("content")
    if not isinstance(content, str):
        raise Refusal(400, 'send {"content": "…"}')
    if not content.strip():
        raise Refusal(422, "content is empty")
    return content
