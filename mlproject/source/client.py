"""One HTTP exchange with the forum. Knows nothing of pace, quota or what answers mean."""

import time
from collections.abc import Callable

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source.answer import TOKEN, Answer, NotNowError
from mlproject.source.request import Request

VERSION = "0.1"
MAX_BODY = 8 * 2**20  # bytes, unpacked; a page of 20 long topics is below 2 MB
CHUNK = 65_536  # bytes


class Client:
    """A polite user agent: one connection, no redirects, no cookies, the token only for v2."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = _checked_url(settings.v2ex_url)
        self._token = _header(TOKEN, settings.v2ex_token.get_secret_value())
        self._timeout = settings.v2ex_timeout
        self._monotonic = monotonic
        contact = _header("MLPROJECT_V2EX_CONTACT", settings.v2ex_contact)
        self._session = requests.Session()
        self._session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
        self._session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
        self._session.headers["User-Agent"] = f"mlproject/{VERSION}" + (
            f" (+{contact})" if contact else ""
        )
        self._session.headers["Accept"] = "application/json"

    def send(self, request: Request) -> Answer:
        """The answer, whatever it is.

        Raises:
            NotNowError: no connection, no answer in time, or a body beyond ``MAX_BODY``.
            InputError: v2 without a token.
        """
        deadline = self._monotonic() + 3 * self._timeout
        try:
            with self._session.get(
                self._url + request.address,
                params=list(request.query),
                auth=self._sign(request),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._body(response, deadline)
                return Answer(response.status_code, response.headers, body)
        except (requests.RequestException, HTTPError) as error:
            raise NotNowError(f"the forum cannot be reached: {type(error).__name__}") from None
        finally:
            self._session.cookies.clear()

    def close(self) -> None:
        self._session.close()

    def _sign(
        self, request: Request
    ) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
        """An auth that sets what is meant and keeps requests from looking into ~/.netrc."""
        if request.api == "v2" and not self._token:
            raise InputError(f"{TOKEN} is not set: API 2.0 (mode backfill) needs a personal token")

        def sign(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
            if request.api == "v2":
                prepared.headers["Authorization"] = f"Bearer {self._token}"
            return prepared

        return sign

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        body = bytearray()
        # read1 gives what has come so far; other ways of reading wait until CHUNK bytes have.
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BODY:
                raise NotNowError(f"the forum's answer is larger than {MAX_BODY} bytes")
            if self._monotonic() > deadline:
                raise NotNowError("the forum's answer comes too slowly")
        return bytes(body)


def _checked_url(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise InputError(f"MLPROJECT_V2EX_URL {url!r}: must begin with https:// or http://")
    return url.rstrip("/")


def _header(name: str, value: str) -> str:
    """A value fit for an HTTP header; the message does not show it, it may be a secret."""
    if not (value.isascii() and value.isprintable()):
        raise InputError(f"{name} has characters that a header cannot carry: use plain ASCII")
    return value.strip()
