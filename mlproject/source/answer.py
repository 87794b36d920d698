"""What an answer of the forum means: a value, nothing there, not now, or a refused token."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from mlproject.errors import InputError
from mlproject.source.request import Request

TOKEN = "MLPROJECT_V2EX_TOKEN"  # noqa: S105 - the setting's name
BAD_TOKEN = re.compile(
    r"\b(invalid|expired|revoked|unknown|wrong|bad)\b.{0,20}\btoken\b"
    r"|\btoken\b.{0,20}\b(invalid|expired|revoked|not (valid|found)|does not exist)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # keys in any case
    body: bytes


class MissingError(Exception):
    """The forum says that there is no such topic or node."""


class NotNowError(Exception):
    """The forum does not answer this now.

    ``closed``: it keeps us out (quota, block), for long; otherwise a fault that may soon pass.
    ``until``: epoch seconds from which on it may be asked again, where the answer says.
    ``blame``: how much speaks for a fault of this one request and not of the forum; 0: nothing.
    """

    def __init__(
        self, reason: str, closed: bool = False, until: float | None = None, blame: int = 1
    ) -> None:
        super().__init__(reason)
        self.closed = closed
        self.until = until
        self.blame = blame


def read(answer: Answer, request: Request, now: float) -> Any:
    """The JSON value of a good answer.

    Raises:
        MissingError: no such topic or node.
        NotNowError: spent quota, a block, a fault, or a body that makes no sense.
        InputError: the token is refused.
    """
    until = _until(answer.headers, now)
    if "cf-mitigated" in answer.headers:
        raise NotNowError("the forum wants a challenge solved", True, until, blame=0)
    if answer.status >= 500:
        raise NotNowError(
            f"the forum answers {answer.status}", until=retry_after(answer.headers, now)
        )
    if _is_page(answer):
        raise NotNowError(
            f"the forum answers {answer.status} with a web page instead of data", True, until, 2
        )
    if 300 <= answer.status < 400:
        raise NotNowError(
            f"the forum redirects ({answer.status}) instead of answering", True, until, 2
        )
    value = _value(answer)
    _check_quota(answer, until)  # first: what it says may name the token whose quota is spent
    _check_token(answer, request, value)
    if answer.status == 403:
        raise _forbidden(answer, until)
    message = _message(value)
    if answer.status == 404 or (_failed(value) and "not found" in message.lower()):
        raise MissingError(message or "404")
    if answer.status != 200 or _failed(value) or not request.fits(value):
        raise NotNowError(f"the forum answers {answer.status} {message or 'with other data'!r}")
    return value


def _value(answer: Answer) -> Any:
    try:
        # strict=False: bodies can hold raw control characters.
        return json.loads(answer.body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        if answer.status in (200, 404):
            raise NotNowError("the forum's answer is cut off or is not JSON") from None
        return None


def _check_quota(answer: Answer, until: float | None) -> None:
    if answer.status == 429:
        raise NotNowError("the forum says: too many requests (429)", until=until, blame=0)
    if answer.status == 403 and number(answer.headers.get("X-Rate-Limit-Remaining")) == 0:
        raise _forbidden(answer, until)


def _forbidden(answer: Answer, until: float | None) -> NotNowError:
    left = number(answer.headers.get("X-Rate-Limit-Remaining")) or 0
    reason = "refuses this" if left else "says that the quota is spent"
    return NotNowError(f"the forum {reason} (403)", True, until, blame=2 if left else 0)


def _check_token(answer: Answer, request: Request, value: Any) -> None:
    message = _message(value)
    about_token = answer.status == 401 or (_failed(value) and BAD_TOKEN.search(message) is not None)
    if request.api == "v2" and about_token:
        raise InputError(
            f"{TOKEN} is refused by the forum ({message or answer.status}): "
            "make a new one under Settings, Tokens and set it"
        )


def _failed(value: Any) -> bool:
    return isinstance(value, dict) and (
        value.get("success") is False or value.get("status") == "error"
    )


def _message(value: Any) -> str:
    message = value.get("message") if isinstance(value, dict) else None
    return message[:200] if isinstance(message, str) else ""


def _is_page(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "").lower()
    return "html" in kind or answer.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _until(headers: Mapping[str, str], now: float) -> float | None:
    """When the answer says to come back: Retry-After, else the quota's reset."""
    after = retry_after(headers, now)
    if after is not None:
        return after
    reset = number(headers.get("X-Rate-Limit-Reset"))
    return float(reset) if reset is not None and reset > now else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Retry-After, seconds or a date, as epoch seconds."""
    text = headers.get("Retry-After", "").strip()
    seconds = number(text)
    if seconds is not None:
        return now + max(1, seconds)
    try:
        return max(now + 1, parsedate_to_datetime(text).timestamp())
    except (ValueError, OverflowError):
        return None


def number(text: str | None) -> int | None:
    """A header's whole number that is not negative."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
