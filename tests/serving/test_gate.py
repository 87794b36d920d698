"""Ids, limits and origins around the routes."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from mlproject.serving.app import create
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings
from tests.serving.conftest import TWO, MakeClient, Site

KEY = "one key of the client"
BODY = {"texts": ["公司拖欠工资"]}
ORIGIN = "https://page.example"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_an_unknown_path_is_404_in_json(client: TestClient, method: str) -> None:
    answer = client.request(method, "/nothing/here")
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


def test_a_request_keeps_its_id_or_gets_one(client: TestClient) -> None:
    assert client.get("/livez", headers={"X-Request-ID": "a-1"}).headers["X-Request-ID"] == "a-1"
    made = {client.get("/livez").headers["X-Request-ID"] for _ in range(3)}
    assert len(made) == 3
    odd = client.get("/livez", headers={"X-Request-ID": "a b\tc"})
    assert " " not in odd.headers["X-Request-ID"]


def test_the_log_has_the_id_and_the_route_and_nothing_that_was_sent(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    caplog.set_level(logging.INFO)
    client.post("/classify?secret=1", json=BODY, headers={"X-Request-ID": "known"})
    client.get("/secret/path")
    lines = [record.message for record in caplog.records if record.name.endswith("access")]
    assert lines[0].startswith("POST /classify 200 ")
    assert lines[0].endswith(" known")
    assert lines[1].startswith("GET other 404 ")
    own = [record.message for record in caplog.records if record.name.startswith("bentoml")]
    assert not [line for line in own if "secret" in line]
    assert "公司" not in caplog.text


def test_too_slow_is_504(client_with: MakeClient) -> None:
    answer = client_with(service_timeout=1e-6).post("/classify", json=BODY)
    assert answer.status_code == 504
    assert "no answer within" in answer.json()["error"]


def test_a_page_of_a_set_origin_may_ask(client_with: MakeClient) -> None:
    client = client_with(service_origins=(ORIGIN,), service_keys=KEY)
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = client.options("/classify", headers=preflight)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    refused = client.post("/classify", json=BODY, headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_page_of_another_origin_may_not(client_with: MakeClient) -> None:
    client = client_with(service_origins=(ORIGIN,))
    other = {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
    assert client.options("/classify", headers=other).status_code == 400
    assert "Access-Control-Allow-Origin" not in client.get("/model", headers=other).headers


@pytest.fixture
def crowded(live: LiveModel) -> Iterator[Inference]:
    """Has more to do than it may have waiting."""
    found = Inference(live, TWO, max_texts=10)
    found.submit(BODY["texts"] * 10_000, wait=True)
    yield found
    found.close()


def test_a_page_reads_every_refusal(
    live: LiveModel, crowded: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the header a browser tells the page of a network error."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "nothing"))
    client = TestClient(
        create(live, crowded, Settings(service_origins=(ORIGIN,), service_keys=KEY))
    )
    sent = {"Origin": ORIGIN, "Authorization": f"Bearer {KEY}"}
    answers = {
        429: client.post("/classify", json=BODY, headers=sent),
        401: client.post("/classify", json=BODY, headers={"Origin": ORIGIN}),
        422: client.post("/classify", json={"texts": []}, headers=sent),
        415: client.post("/classify", content=b"{", headers=sent | {"Content-Type": "text/plain"}),
        500: client.get("/metrics", headers=sent),
        404: client.get("/nothing", headers=sent),
        405: client.get("/classify", headers=sent),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        readable(answer)


def test_a_page_reads_that_it_took_too_long(client_with: MakeClient) -> None:
    client = client_with(service_origins=(ORIGIN,), service_timeout=1e-6)
    answer = client.post("/classify", json=BODY, headers={"Origin": ORIGIN})
    assert answer.status_code == 504
    readable(answer)


def readable(answer: Any) -> None:
    """For a page of the origin."""
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["X-Request-ID"]
    assert "error" in answer.json()


def test_a_route_that_fails_says_so_in_json_and_in_the_log(
    client: TestClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "nothing"))
    answer = client.get("/metrics", headers={"X-Request-ID": "seven"})
    assert (answer.status_code, answer.json()) == (500, {"error": "the service failed"})
    assert answer.headers["X-Request-ID"] == "seven"
    assert "request seven failed: ValueError" in caplog.messages


def test_a_crowd_is_told_when_to_come_again(live: LiveModel, crowded: Inference) -> None:
    answer = TestClient(create(live, crowded)).post("/classify", json=BODY)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "at most 10 may" in answer.json()["error"]


def test_a_body_in_pieces_is_no_longer_than_one_that_says_its_length(site: Site) -> None:
    """Without Content-Length only counting helps."""

    def pieces() -> Iterator[bytes]:
        yield b'{"texts": ["'
        for _ in range(20):
            yield b"a" * 65_536
        yield b'"]}'

    url = site.start(Settings())
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{url}/classify", data=pieces(), headers=headers, timeout=20)
    assert (answer.status_code, answer.request.headers.get("Content-Length")) == (413, None)
    assert "longer than" in answer.json()["error"]


def test_by_default_no_other_origin_may_ask(client: TestClient) -> None:
    answer = client.post("/classify", json=BODY, headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_numbers_are_counted_under_fixed_names(client: TestClient) -> None:
    before = numbers(client)
    (result,) = client.post("/classify", json=BODY).json()["results"]
    for path in ("/a", "/b", "/secret"):
        client.get(path)
    after = numbers(client)

    def more(name: str, **labels: str) -> float:
        key = (name, *sorted(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    assert more("mlproject_predictions_total", label=result["label"], version="3") == 1
    assert more("mlproject_request_seconds_count", route="POST /classify", status="200") == 1
    assert more("mlproject_request_seconds_count", route="GET other", status="404") == 3
    assert more("mlproject_batch_tokens_count") == 1
    assert after[("mlproject_model_workers", ("version", "3"))] == 1
    assert after[("mlproject_queue_texts",)] == 0


def numbers(client: TestClient) -> dict[tuple[object, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_ready_says_what_became_of_the_champion(client: TestClient) -> None:
    assert client.get("/readyz").json() == {
        "ready": True,
        "model_version": "3",
        "registry": "not asked yet",
        "refused": None,
    }
