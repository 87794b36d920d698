"""The routes, over HTTP in this process."""

import logging
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from mlproject.serving.app import create
from mlproject.serving.capacity import Capacity
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.serving.predictor import Predictor
from mlproject.serving.request import MAX_BODY, MAX_TEXTS

TEXTS = ["公司拖欠工资三个月了", "借钱"]
JSON = {"Content-Type": "application/json"}


def test_classify_answers_each_text(client: TestClient, model_folder: Path) -> None:
    body = client.post("/classify", json={"texts": TEXTS}).json()
    assert body["model_version"] == "3"
    expected = Predictor(model_folder, 1).predict(TEXTS)
    found = [list(result["probabilities"].values()) for result in body["results"]]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for result in body["results"]:
        assert result["probability"] == result["probabilities"][result["label"]]


def test_predict_keeps_the_old_field(client: TestClient) -> None:
    (one,) = client.post("/classify", json={"texts": TEXTS[:1]}).json()["results"]
    body = client.post("/predict", json={"content": TEXTS[0]}).json()
    assert body == {
        "is_lawer": int(one["label"] == "consultation"),
        "label": one["label"],
        "probability": one["probability"],
        "truncated": False,
        "model_version": "3",
    }


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"texts": "one"}', 400),
        (b'{"texts": [1]}', 400),
        (b'{"texts": ["\\ud800"]}', 400),
        (b"\xff\xfe", 400),
        (b'{"texts": []}', 422),
        (b'{"texts": [" \\n"]}', 422),
        (b'{"texts": [' + b'"a",' * MAX_TEXTS + b'"a"]}', 422),
        (b'{"texts": ["' + b"a" * MAX_BODY + b'"]}', 413),
        (b'{"texts": ["a", "\\u0000"]}', 422),
        (b'{"texts": ["\\u200b \\ufeff"]}', 422),
        (b'{"texts": ["<b></b>"]}', 422),
        (b'{"texts": ["\\u0000a"]}', 200),
        (b'{"texts": [' + b'"a",' * (MAX_TEXTS - 1) + b'"a"]}', 200),
    ],
)
def test_every_body_has_its_status(client: TestClient, content: bytes, status: int) -> None:
    answer = client.post("/classify", content=content, headers=JSON)
    assert answer.status_code == status
    assert ("error" in answer.json()) == (status != 200)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_what_is_not_json_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/classify", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{}", 400), (b'{"content": " "}', 422), (b'{"content": "\\u200b"}', 422)],
)
def test_predict_refuses_as_classify_does(client: TestClient, content: bytes, status: int) -> None:
    assert client.post("/predict", content=content, headers=JSON).status_code == status


def test_another_method_is_refused_in_json(client: TestClient) -> None:
    answer = client.get("/classify")
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})


def test_the_model_describes_itself(client: TestClient) -> None:
    body = client.get("/model").json()
    assert (body["name"], body["version"]) == ("legal-classifier", "3")
    assert body["labels"] == ["other", "consultation"]
    assert body["watch"]["registry"] == "not asked yet"


@pytest.mark.parametrize(
    ("method", "route"), [("POST", "/classify"), ("GET", "/model"), ("GET", "/ui")]
)
def test_without_a_model_it_is_not_there(tmp_path: Path, method: str, route: str) -> None:
    live = LiveModel(Capacity(), tmp_path)
    with TestClient(create(live, Inference(live))) as client:
        answer = client.request(method, route, json={"texts": ["a"]} if method == "POST" else None)
    assert (answer.status_code, answer.json()) == (503, {"error": "no model is loaded yet"})


def test_a_text_is_never_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.post("/classify", json={"texts": ["a very secret text"]})
    client.post("/classify", content=b'{"texts": ["a very secret text"', headers=JSON)
    assert "secret" not in caplog.text


def test_the_document_names_every_route(client: TestClient) -> None:
    document = client.get("/docs.json").json()
    assert set(document["paths"]) >= {"/classify", "/predict", "/model", "/ui", "/readyz"}
    schemas = document["components"]["schemas"]
    labels = schemas["Results"]["properties"]["results"]["items"]["properties"]["label"]["enum"]
    assert labels == ["other", "consultation"]
    assert set(client.get("/model").json()) == set(schemas["Model"]["required"])
    predicted = client.post("/predict", json={"content": "a"}).json()
    assert set(predicted) == set(schemas["Prediction"]["required"])
