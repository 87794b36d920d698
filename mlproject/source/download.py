"""A file from a URL, resumed where it broke off and checked before it is used."""

import fcntl
import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

import requests

from mlproject.errors import InputError, TryLaterError
from mlproject.settings import Settings
from mlproject.source.hosts import allow

log = logging.getLogger(__name__)

BLOCK = 1 << 16  # bytes
REDIRECTS = 5
RETRIES = 3  # breaks in a row, without a byte between them, before the step ends with 75
REDIRECT = (301, 302, 303, 307, 308)
LATER = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Limits:
    """What is downloaded, and from where."""

    hosts: tuple[str, ...]
    max_bytes: int
    timeout: float  # seconds without a byte

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        size = int(settings.download_max_mb * 1_000_000)
        return cls(settings.download_hosts, size, settings.download_timeout)


def download(url: str, folder: Path, limits: Limits, sha256: str | None = None) -> Path:
    """The file at the URL, kept in ``folder`` under a name of its own.

    A file that is there with the right ``sha256`` is not asked for again; without one it is
    asked for only if it changed. What broke off stays in ``….partial`` and is gone on with as
    long as the server has the same file.

    Raises:
        InputError: the host is not allowed, the file is too large or not there, or its SHA-256
            is another.
        TryLaterError: the server cannot be reached or asks to wait; what came is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = PurePosixPath(urlsplit(url).path).name or "file"
    key = hashlib.sha256(url.encode()).hexdigest()[:12]
    target = folder / f"{key}-{re.sub(r'[^A-Za-z0-9._-]', '_', name)[-80:]}"
    with _alone(target), requests.Session() as session:
        if sha256 and target.is_file() and sha256_of(target) == sha256:
            return target
        return _Transfer(session, url, target, limits, sha256).run()


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    with target.with_name(target.name + ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another process is downloading {target.name}"
            raise TryLaterError(message, after=30) from None
        yield


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Transfer:
    """One URL on its way into one file.

    ``….validator`` tells which version the file is, ``….partial.validator`` which one is coming.
    """

    def __init__(
        self, session: requests.Session, url: str, target: Path, limits: Limits, sha256: str | None
    ) -> None:
        self.session, self.url, self.target, self.limits = session, url, target, limits
        self.sha256 = sha256
        self.partial = target.with_name(target.name + ".partial")
        self.kept = target.with_name(target.name + ".validator")
        self.coming = target.with_name(target.name + ".partial.validator")

    def run(self) -> Path:
        breaks = 0
        while True:
            before = self._size()
            try:
                return self._attempt()
            except requests.exceptions.SSLError as error:
                raise InputError(f"{self.url}: its certificate is refused: {error}") from None
            except (requests.RequestException, _BrokenOffError) as error:
                breaks = 1 if self._size() > before else breaks + 1
                if breaks > RETRIES:
                    said = f"{self.url} cannot be downloaded: {type(error).__name__}"
                    raise TryLaterError(f"{said} after {self._size()} bytes", after=60) from None
                log.info("%s broke off at %d bytes: going on", self.url, self._size())

    def _attempt(self) -> Path:
        headers = {"Accept-Encoding": "identity", "User-Agent": "mlproject"}
        coming, kept = _read(self.coming), _read(self.kept)
        if self.partial.is_file() and coming:
            headers |= {"Range": f"bytes={self._size()}-", "If-Range": coming}
        elif self.target.is_file() and kept and not self.sha256:
            headers["If-None-Match" if kept.startswith('"') else "If-Modified-Since"] = kept
        with self._get(headers) as answer:
            if answer.status_code == 304:
                return self.target
            if answer.status_code == 416:  # what has come is no part of what is there now
                self._forget()
                raise _BrokenOffError
            self._check(answer)
            self._receive(answer)
        return self._finish()

    def _get(self, headers: dict[str, str]) -> requests.Response:
        """The answer behind redirects, each of them to an allowed host."""
        url = self.url
        for _ in range(REDIRECTS + 1):
            allow(url, self.limits.hosts)
            answer = self.session.get(
                url,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=self.limits.timeout,
            )
            if answer.status_code not in REDIRECT:
                return answer
            answer.close()
            url = urljoin(url, answer.headers.get("Location", ""))
        raise InputError(f"{self.url} redirects more than {REDIRECTS} times")

    def _check(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status in LATER:
            after = answer.headers.get("Retry-After", "")
            wait = float(after) if after.isdecimal() else 60.0
            raise TryLaterError(f"{self.url} answers {status}", after=wait)
        if status not in (200, 206):
            raise InputError(f"{self.url} answers {status}: check the address")

    def _receive(self, answer: requests.Response) -> None:
        start, validator = _first_byte(answer), validator_of(answer)
        if start and (start != self._size() or validator != _read(self.coming)):
            self._forget()
            raise _BrokenOffError
        length = answer.headers.get("Content-Length", "")
        expected = start + int(length) if length.isdecimal() else None
        self._limit(expected or 0)
        if not start:
            self._forget()
            self.coming.write_text(validator or "", encoding="utf-8")
        with self.partial.open("ab" if start else "wb") as file:
            for block in answer.iter_content(BLOCK):
                file.write(block)
                self._limit(file.tell())
        if expected is not None and self._size() < expected:
            raise _BrokenOffError

    def _limit(self, size: int) -> None:
        if size > self.limits.max_bytes:
            self._forget()
            raise InputError(
                f"{self.url} is larger than {self.limits.max_bytes / 1e6:g} MB:"
                " set MLPROJECT_DOWNLOAD_MAX_MB"
            )

    def _finish(self) -> Path:
        found = sha256_of(self.partial)
        if self.sha256 and found != self.sha256:
            self._forget()
            raise InputError(
                f"{self.url}: sha256 {found} is not the expected {self.sha256}:"
                " check the file and the task file"
            )
        self.partial.replace(self.target)
        self.coming.replace(self.kept)
        log.info("%s: %d bytes, sha256 %s", self.url, self.target.stat().st_size, found)
        return self.target

    def _size(self) -> int:
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def _forget(self) -> None:
        self.partial.unlink(missing_ok=True)
        self.coming.unlink(missing_ok=True)


class _BrokenOffError(Exception):
    """The answer ended early, or what has come has to be asked for anew."""


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") or None if path.is_file() else None


def validator_of(answer: requests.Response) -> str | None:
    """What tells whether the file is still the same: a strong ETag, or the time of its change."""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified")


def _first_byte(answer: requests.Response) -> int:
    """Where the answer's bytes begin in the file."""
    if answer.status_code == 200:
        return 0
    given = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(given[1]) if given else -1
