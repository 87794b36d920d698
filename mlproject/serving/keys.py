"""Who may ask: API keys, several at a time, so that one can take the place of another."""

import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mlproject.errors import InputError
from mlproject.serving.request import Refusal
from mlproject.settings import Settings

log = logging.getLogger("bentoml.mlproject.keys")

# What holds nothing to protect, and what a probe asks that knows no key.
OPEN = frozenset({"/", "/ui", "/docs.json", "/livez", "/healthz", "/readyz"})
LOOK_SECONDS = 1.0  # how often the file is looked at
SHORTEST = 16  # characters of a key


class Keys:
    """The keys of the settings and those in a file, one a line, that is read when it changes.

    What a line of the changed file says that is no key opens nothing, and no key opens any more
    that is not in the file: a key is taken out for a reason. Only a file that cannot be read at
    all says nothing about any key, and leaves them as they were.
    """

    def __init__(self, settings: Settings) -> None:
        """
        Raises:
            InputError: a key does not fit, or the file cannot be read.
        """
        self._fixed = _digests(settings.service_keys.get_secret_value().split(","), "settings")
        self._file = settings.service_keys_file
        self._in_file: tuple[bytes, ...] = ()
        self._seen: tuple[int, ...] = ()
        self._looked = 0.0
        if self._file is not None:
            self._seen = _stamp(self._file)
            self._in_file = _digests(_lines(self._file), str(self._file))

    @property
    def asked_for(self) -> bool:
        """Whether a request needs a key; with a file always, even when no key is in it."""
        return bool(self._fixed) or self._file is not None

    def know(self, key: str) -> bool:
        """Compares with every key, in a time that says nothing about any of them."""
        self._look()
        digest = _digest(key)
        found = False
        for known in (*self._fixed, *self._in_file):
            found |= hmac.compare_digest(digest, known)
        return found

    def _look(self) -> None:
        if self._file is None or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        stamp = _stamp(self._file)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            found = _listed(_lines(self._file))
        except InputError as error:
            log.error("%s: the keys that were in it still open", error)
            return
        faults = [fault for fault in map(_fault, found) if fault]
        if faults:
            log.error(
                "%s: %d of %d keys do not fit and open nothing (the first %s)",
                *(self._file, len(faults), len(found), faults[0]),
            )
        self._in_file = tuple(_digest(key) for key in found if not _fault(key))


class KeyCheck:
    """Refuses what comes without a key."""

    def __init__(
        self,
        app: ASGIApp,
        keys: Keys,
        refuse: Callable[[Scope, Receive, Send, Refusal], Awaitable[None]],
    ) -> None:
        self._app = app
        self._keys = keys
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN:
            key = given(Headers(scope=scope))
            if not self._keys.know(key):
                reason = "this key is not known" if key else "a key is needed"
                refusal = Refusal(
                    401,
                    f"{reason}: send the header Authorization: Bearer KEY",
                    {"WWW-Authenticate": "Bearer"},
                )
                await self._refuse(scope, receive, send, refusal)
                return
        await self._app(scope, receive, send)


def bearing(settings: Settings) -> dict[str, str]:
    """The header that a caller of ours sends: with the first key there is, or none.

    Raises:
        InputError: the file of keys cannot be read.
    """
    found = _listed(settings.service_keys.get_secret_value().split(","))
    if not found and settings.service_keys_file is not None:
        found = _listed(_lines(settings.service_keys_file))
    return {"Authorization": f"Bearer {found[0]}"} if found else {}


def given(headers: Headers) -> str:
    """The key of a request; "" when it has none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()


def _stamp(file: Path) -> tuple[int, ...]:
    """Another one whenever the file is another, or may be read by others; () where it is gone."""
    try:
        status = file.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        raise _unreadable(file) from error


def _unreadable(file: Path) -> InputError:
    return InputError(f"MLPROJECT_SERVICE_KEYS_FILE {file}: cannot be read")


def _listed(keys: list[str]) -> list[str]:
    found = [key.strip() for key in keys]
    return [key for key in found if key and not key.startswith("#")]


def _digests(keys: list[str], origin: str) -> tuple[bytes, ...]:
    found = _listed(keys)
    for number, key in enumerate(found, 1):
        fault = _fault(key)
        if fault:
            raise InputError(f"API key {number} of {origin} {fault}")
    return tuple(_digest(key) for key in found)


def _fault(key: str) -> str:
    """What is wrong with a key; "" where it fits."""
    if len(key) < SHORTEST:
        return f"has {len(key)} characters: at least {SHORTEST}"
    if not (key.isascii() and key.isprintable()):
        return "has a sign that a header cannot carry: letters, digits and marks of ASCII only"
    return ""


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
