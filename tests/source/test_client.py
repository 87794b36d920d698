"""HTTP exchanges with the stand-in."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from examples.standin import fault
from examples.standin.app import StandIn
from examples.standin.fault import Fault
from examples.standin.server import running
from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source import request
from mlproject.source.answer import NotNowError
from mlproject.source.client import Client

from .world import TOKEN, posts


@contextmanager
def exchange(*faults: Fault, **settings: object) -> Iterator[tuple[StandIn, Client]]:
    stand_in = StandIn(posts(30), token=TOKEN, faults=faults)
    with running(stand_in.app) as url:
        values = {"v2ex_url": url, "v2ex_token": TOKEN, **settings}
        client = Client(Settings.model_validate(values))
        yield stand_in, client
        client.close()


def test_brings_status_headers_and_body() -> None:
    with exchange() as (_, client):
        answer = client.send(request.show(3))
    assert answer.status == 200
    assert answer.headers["X-Rate-Limit-Remaining"] == "599"
    assert "题目 3".encode() in answer.body


def test_names_itself_and_its_contact() -> None:
    with exchange(v2ex_contact="mail@example.org") as (stand_in, client):
        client.send(request.latest())
    assert stand_in.seen[0].user_agent == "mlproject/0.1 (+mail@example.org)"


def test_only_v2_sees_the_token() -> None:
    with exchange() as (stand_in, client):
        client.send(request.latest())
        client.send(request.node_page("qna", 1))
    assert [seen.authorization for seen in stand_in.seen] == ["", f"Bearer {TOKEN}"]


def test_passwords_of_netrc_are_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with exchange() as (stand_in, client):
        client.send(request.latest())
    assert stand_in.seen[0].authorization == ""


def test_v2_without_a_token_names_the_setting() -> None:
    with exchange(v2ex_token="") as (stand_in, client):
        with pytest.raises(InputError, match="MLPROJECT_V2EX_TOKEN is not set"):
            client.send(request.node_page("qna", 1))
        assert stand_in.count == 0


def test_redirects_are_not_followed() -> None:
    with exchange(fault.every("redirect", 1)) as (stand_in, client):
        assert client.send(request.latest()).status == 302
        assert stand_in.count == 1


def test_a_huge_body_is_not_read_to_its_end() -> None:
    with (
        exchange(fault.every("huge", 1)) as (_, client),
        pytest.raises(NotNowError, match="larger than"),
    ):
        client.send(request.latest())


def test_a_slow_answer_is_a_fault() -> None:
    with (
        exchange(fault.every("slow", 1), v2ex_timeout=0.2) as (_, client),
        pytest.raises(NotNowError, match="ReadTimeout"),
    ):
        client.send(request.latest())


def test_no_server_is_a_fault() -> None:
    with exchange() as (_, client):
        pass
    with pytest.raises(NotNowError, match="ConnectionError"):
        client.send(request.latest())


@pytest.mark.parametrize("token", ["line\nbreak", "中文"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(
    token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(InputError, match="MLPROJECT_V2EX_TOKEN") as caught:
        Client(Settings(v2ex_token=SecretStr(token)))
    assert token not in str(caught.value) + caplog.text


def test_an_address_without_scheme_is_refused() -> None:
    with pytest.raises(InputError, match=r"MLPROJECT_V2EX_URL 'www\.v2ex\.com'"):
        Client(Settings(v2ex_url="www.v2ex.com"))


def test_a_body_that_trickles_in_meets_the_deadline() -> None:
    with exchange(fault.every("trickle", 1), v2ex_timeout=0.2) as (_, client):
        began = time.monotonic()
        with pytest.raises(NotNowError, match="too slowly"):
            client.send(request.latest())
        assert time.monotonic() - began < 3


def test_a_body_that_breaks_off_is_a_fault() -> None:
    with (
        exchange(fault.every("cut", 1)) as (_, client),
        pytest.raises(NotNowError, match="cannot be reached"),
    ):
        client.send(request.latest())
