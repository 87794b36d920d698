"""Who may ask: keys of settings and of a file."""

import logging
from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.settings import Settings
from tests.serving.conftest import MakeClient

KEYS = ("one key of the client", "another key: the next")
BODY = {"texts": ["公司拖欠工资"]}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of keys is looked at with every request, and its lines reach the test."""
    monkeypatch.setattr("mlproject.serving.keys.LOOK_SECONDS", 0)
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)


def test_without_a_key_only_the_harmless_routes_answer(client_with: MakeClient) -> None:
    client = client_with(service_keys=",".join(KEYS))
    for path in ("/livez", "/healthz", "/readyz", "/ui", "/docs.json"):
        assert client.get(path).status_code == 200
    for method, path in (("POST", "/classify"), ("GET", "/model"), ("GET", "/metrics")):
        answer = client.request(method, path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.post("/classify", json=BODY, headers=bearer("x" * 20)).status_code == 401


def test_each_of_several_keys_opens(client_with: MakeClient) -> None:
    client = client_with(service_keys=",".join(KEYS))
    for key in KEYS:
        assert client.post("/classify", json=BODY, headers=bearer(key)).status_code == 200
        assert client.post("/classify", json=BODY, headers={"X-API-Key": key}).status_code == 200


def test_keys_of_a_file_change_without_a_restart(
    client_with: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlproject.serving.keys.LOOK_SECONDS", 0)
    file = tmp_path / "keys"
    file.write_text(f"# clients\n{KEYS[0]}\n")
    client = client_with(service_keys_file=file)
    assert client.get("/model", headers=bearer(KEYS[0])).status_code == 200
    file.write_text(f"{KEYS[0]}\n{KEYS[1]}\n")
    assert client.get("/model", headers=bearer(KEYS[1])).status_code == 200
    file.write_text(f"{KEYS[1]}\n")
    assert client.get("/model", headers=bearer(KEYS[0])).status_code == 401
    file.unlink()
    assert client.get("/model", headers=bearer(KEYS[1])).status_code == 200
    file.write_text("")
    assert client.get("/model", headers=bearer(KEYS[1])).status_code == 401


@pytest.mark.usefixtures("watched")
def test_a_key_that_was_taken_out_opens_nothing_whatever_else_is_in_the_file(
    client_with: MakeClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{KEYS[0]}\n")
    client = client_with(service_keys_file=file)
    file.write_bytes(b"short\n\xff" + b"x" * 20 + f"\n{KEYS[1]}\n".encode())
    for _ in range(3):
        assert client.get("/model", headers=bearer(KEYS[0])).status_code == 401
        assert client.get("/model", headers=bearer(KEYS[1])).status_code == 200
    (said,) = [each.message for each in caplog.records if each.name.endswith("keys")]
    assert "2 of 3 keys do not fit and open nothing (the first has 5 characters" in said
    assert "short" not in said.replace(str(file), "")


@pytest.mark.usefixtures("watched")
def test_a_file_of_keys_that_is_gone_is_said_once_and_its_keys_go_on(
    client_with: MakeClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{KEYS[0]}\n")
    client = client_with(service_keys_file=file)
    file.unlink()
    for _ in range(3):
        assert client.get("/model", headers=bearer(KEYS[0])).status_code == 200
    said = [each.message for each in caplog.records if each.name.endswith("keys")]
    assert said == [
        f"MLPROJECT_SERVICE_KEYS_FILE {file}: cannot be read: the keys that were in it still open"
    ]


@pytest.mark.parametrize("key", ["schlüssel-für-alle-leute", "一把足够长的钥匙一把足够长的钥匙"])
def test_a_key_that_no_header_can_carry_is_refused_at_the_start(
    client_with: MakeClient, key: str
) -> None:
    with pytest.raises(InputError, match="API key 1 of settings has a sign that a header cannot"):
        client_with(service_keys=key)


def test_a_short_key_and_a_missing_file_are_refused_at_the_start(
    client_with: MakeClient, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="API key 1 of settings has 5 characters"):
        client_with(service_keys="short")
    with pytest.raises(InputError, match="MLPROJECT_SERVICE_KEYS_FILE"):
        client_with(service_keys_file=tmp_path / "nothing")


def test_keys_are_not_printed() -> None:
    assert KEYS[0] not in repr(Settings(service_keys=KEYS[0]))
