"""Downloading over real TLS."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from mlproject.errors import InputError, TryLaterError
from mlproject.source.download import BLOCK, RETRIES, Limits, download
from mlproject.source.hosts import allow

from .file_server import FileServer, serving

CONTENT = bytes(range(256)) * 2000  # 512,000 bytes


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileServer]:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with serving(FileServer(CONTENT), authority) as server:
        yield server


def limits(server: FileServer, max_bytes: int = 10_000_000) -> Limits:
    return Limits((server.host,), max_bytes, timeout=10)


def ranges(server: FileServer) -> list[str | None]:
    return [headers.get("Range") for headers in server.asked]


def test_a_file_is_downloaded_whole(server: FileServer, tmp_path: Path) -> None:
    path = download(server.url, tmp_path, limits(server), hashlib.sha256(CONTENT).hexdigest())
    assert path.read_bytes() == CONTENT
    assert path.name.endswith("-questions.jsonl")


def test_what_breaks_off_is_gone_on_with(server: FileServer, tmp_path: Path) -> None:
    server.breaks = [BLOCK + 5, 2 * BLOCK]  # what a block lacks is asked for again
    path = download(server.url, tmp_path, limits(server))
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None, f"bytes={BLOCK}-", f"bytes={3 * BLOCK}-"]


def test_a_later_call_goes_on_where_an_earlier_one_ended(
    server: FileServer, tmp_path: Path
) -> None:
    server.breaks = [3 * BLOCK, *[0] * RETRIES]
    with pytest.raises(TryLaterError, match=f"after {3 * BLOCK} bytes"):
        download(server.url, tmp_path, limits(server))
    server.asked.clear()
    assert download(server.url, tmp_path, limits(server)).read_bytes() == CONTENT
    assert ranges(server) == [f"bytes={3 * BLOCK}-"]


def test_a_file_that_changed_meanwhile_is_begun_anew(server: FileServer, tmp_path: Path) -> None:
    server.breaks = [3 * BLOCK, *[0] * RETRIES]
    with pytest.raises(TryLaterError):
        download(server.url, tmp_path, limits(server))
    server.content, server.tag = CONTENT[::-1], '"two"'
    assert download(server.url, tmp_path, limits(server)).read_bytes() == CONTENT[::-1]


def test_a_file_that_became_shorter_is_begun_anew(server: FileServer, tmp_path: Path) -> None:
    server.breaks = [3 * BLOCK, *[0] * RETRIES]
    with pytest.raises(TryLaterError):
        download(server.url, tmp_path, limits(server))
    server.content = b"short"  # under the same tag: the server answers 416
    assert download(server.url, tmp_path, limits(server)).read_bytes() == b"short"


def test_a_server_without_ranges_gives_all_again(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    server.breaks = [100_000]
    assert download(server.url, tmp_path, limits(server)).read_bytes() == CONTENT


def test_a_file_whose_hash_is_known_is_not_asked_for_again(
    server: FileServer, tmp_path: Path
) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    for _ in range(2):
        download(server.url, tmp_path, limits(server), digest)
    assert len(server.asked) == 1


def test_without_a_hash_the_server_is_asked_whether_it_changed(
    server: FileServer, tmp_path: Path
) -> None:
    download(server.url, tmp_path, limits(server))
    assert download(server.url, tmp_path, limits(server)).read_bytes() == CONTENT
    assert server.asked[1]["If-None-Match"] == '"one"'
    server.content, server.tag = b"new", '"two"'
    assert download(server.url, tmp_path, limits(server)).read_bytes() == b"new"


def test_another_hash_than_expected_keeps_nothing(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"is not the expected {'0' * 64}"):
        download(server.url, tmp_path / "files", limits(server), "0" * 64)
    assert [path.suffix for path in (tmp_path / "files").iterdir()] == [".lock"]


@pytest.mark.parametrize("lengths", [True, False], ids=["announced", "not announced"])
def test_too_large_a_file_is_refused(server: FileServer, tmp_path: Path, lengths: bool) -> None:
    server.lengths = lengths
    with pytest.raises(InputError, match=r"larger than 0\.3 MB: set MLPROJECT_DOWNLOAD_MAX_MB"):
        download(server.url, tmp_path / "files", limits(server, 300_000))
    assert [path.suffix for path in (tmp_path / "files").iterdir()] == [".lock"]


def test_redirects_are_followed_to_allowed_hosts_only(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [(302, {"Location": "/elsewhere"})]
    assert download(server.url, tmp_path, limits(server)).read_bytes() == CONTENT
    for place in ("https://127.0.0.1/x", f"http://{server.host}/x", "file:///etc/passwd"):
        server.statuses = [(302, {"Location": place})]
        with pytest.raises(InputError, match=r"is not among|only https"):
            download(server.url + "?2", tmp_path, limits(server))


def test_redirects_without_end_are_given_up(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [(307, {"Location": "/again"})] * 9
    with pytest.raises(InputError, match="redirects more than 5 times"):
        download(server.url, tmp_path, limits(server))


@pytest.mark.parametrize(("headers", "after"), [({"Retry-After": "7"}, 7), ({}, 60)])
def test_a_busy_server_is_asked_later(
    server: FileServer, tmp_path: Path, headers: dict[str, str], after: float
) -> None:
    server.statuses = [(503, headers)]
    with pytest.raises(TryLaterError, match="answers 503") as caught:
        download(server.url, tmp_path, limits(server))
    assert caught.value.after == after


def test_a_missing_file_is_wrong_input(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [(404, {})]
    with pytest.raises(InputError, match="answers 404: check the address"):
        download(server.url, tmp_path, limits(server))


def test_an_unknown_certificate_is_refused(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(InputError, match="its certificate is refused"):
        download(server.url, tmp_path, limits(server))


@pytest.mark.parametrize(
    "url",
    [
        *("http://good.example/x", "https://bad.example/x", "https://good.example:8443/x"),
        *("https://user@good.example/x", "https://good.example.bad.example/x", "ftp://x"),
        *("https://bad.example#good.example", "https://good.example@bad.example/", "https://[x"),
    ],
)
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(InputError):
        allow(url, ("good.example",))


@pytest.mark.parametrize(
    "url", ["https://good.example/x", "https://GOOD.example:443/x", "https://other.example:8443/"]
)
def test_allowed_hosts_are_told_by_name_and_port(url: str) -> None:
    allow(url, ("good.example", "other.example:8443"))  # does not raise
