"""The document is true, and nothing that can be sent breaks the service."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from starlette.testclient import TestClient

from mlproject.dataset.clean import clean
from mlproject.serving.request import MAX_BODY
from mlproject.settings import Settings
from tests.serving.conftest import MakeClient, Site

EASY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
JSON = {"Content-Type": "application/json"}
ROUTES = [
    *(("post", path) for path in ("/classify", "/predict")),
    *(("get", path) for path in ("/", "/model", "/ui", "/docs.json", "/metrics")),
    *(("get", path) for path in ("/livez", "/healthz", "/readyz")),
]
KEY = "a key of twenty characters"
ODD = [
    "🙂👩‍👩‍👧‍👦",
    "\x00\x01\x1f",
    "\u202e\u200f\u2067ⅷ",
    "‮欠薪‬",
    "\ufeff",
    "a" * 300_000,
    "字" * 300_000,
    "\u0301" * 1000,
    "\U0010ffff",
    "<script>" * 1000,
]


@pytest.fixture
def schema(site: Site) -> Any:
    url = site.start(Settings())
    found = schemathesis.openapi.from_url(f"{url}/docs.json")
    found.config.update(base_url=url)
    return found


CASES = [(*route, mode) for mode in GenerationMode for route in ROUTES]


# What takes nothing cannot be asked wrongly.
@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [case for case in CASES if case[0] == "post" or case[2] is GenerationMode.POSITIVE],
)
def test_every_answer_is_as_the_document_says(
    schema: Any, method: str, path: str, mode: GenerationMode
) -> None:
    strategy = schema[path][method].as_strategy(generation_mode=mode)

    @EASY
    @given(strategy)
    def ask(case: Any) -> None:
        case.call_and_validate()

    ask()


def test_every_route_of_the_document_is_asked(client: TestClient) -> None:
    paths = client.get("/docs.json").json()["paths"]
    assert {(method, path) for path in paths for method in paths[path]} == set(ROUTES)


@EASY
@given(st.binary(max_size=2000))
def test_bytes_never_break_it(client: TestClient, body: bytes) -> None:
    for path in ("/classify", "/predict"):
        assert client.post(path, content=body, headers=JSON).status_code in (200, 400, 422)


@EASY
@given(st.lists(st.text(max_size=200), max_size=300))
def test_texts_never_break_it(client: TestClient, texts: list[str]) -> None:
    body = json.dumps({"texts": texts})
    answer = client.post("/classify", content=body, headers=JSON)
    assert answer.status_code in (200, 400, 422)
    if answer.status_code == 200:
        results = answer.json()["results"]
        assert len(results) == len(texts)
        assert all(
            sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-5) for each in results
        )


@EASY
@given(
    st.text(st.characters(max_codepoint=126, min_codepoint=33), min_size=1, max_size=40),
    st.dictionaries(
        st.sampled_from(["Content-Type", "Authorization", "X-Request-ID", "Origin", "Accept"]),
        st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=60),
    ),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]),
)
def test_paths_and_headers_never_break_it(
    client: TestClient, path: str, headers: dict[str, str], method: str
) -> None:
    for where in ("/" + path, "/classify"):
        assert client.request(method, where, headers=headers).status_code < 500


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_are_answered(client: TestClient, text: str) -> None:
    answer = client.post("/classify", content=json.dumps({"texts": [text]}), headers=JSON)
    expected = 413 if len(json.dumps(text)) > MAX_BODY - 20 else 200
    if expected == 200 and not clean(text):
        expected = 422
    assert answer.status_code == expected
    if expected == 200:
        (result,) = answer.json()["results"]
        assert result["truncated"] == (len(text) > 1000 and text[0] != "\u0301")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps({"texts": [""] * 256}), 422),
        (json.dumps({"texts": ["a"] * 257}), 422),
        (json.dumps({"texts": ["\ud800"]}), 400),
        (json.dumps({"texts": ["a"] * 255 + ["\udfff"]}), 400),
        ('{"texts": ["' + "a" * 999_980 + '"]}', 200),
        ("[" * 100_000, 400),
        ('{"texts": ["a"], "texts": ["b"]}', 200),
        ('{"texts": [NaN]}', 400),
    ],
    ids=range(8),
)
def test_odd_bodies_have_their_status(client: TestClient, body: str, status: int) -> None:
    assert client.post("/classify", content=body, headers=JSON).status_code == status


def test_the_security_of_the_document_is_true(client_with: MakeClient) -> None:
    client = client_with(service_keys=KEY)
    for path, methods in client.get("/docs.json").json()["paths"].items():
        for method, operation in methods.items():
            answer = client.request(method, path, follow_redirects=False)
            assert (answer.status_code == 401) == ("security" in operation), path


def test_the_document_says_what_every_route_has(client: TestClient) -> None:
    document = client.get("/docs.json").json()
    schemes = document["components"]["securitySchemes"]
    assert {(each["type"], each.get("name")) for each in schemes.values()} == {
        *(("http", None), ("apiKey", "X-API-Key")),
    }
    parameter = document["components"]["parameters"]["RequestID"]
    assert (parameter["in"], parameter["name"]) == ("header", "X-Request-ID")
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["parameters"] == [{"$ref": "#/components/parameters/RequestID"}]
            assert {"405", "500", "504"} <= set(operation["responses"])
            assert all(
                "X-Request-ID" in each["headers"] for each in operation["responses"].values()
            )
            for security in operation.get("security", ()):
                assert set(security) <= set(schemes)


def test_another_method_is_answered_as_the_document_says(client: TestClient) -> None:
    for path in client.get("/docs.json").json()["paths"]:
        answer = client.request("DELETE", path)
        assert answer.status_code == 405
        assert answer.headers["Allow"]
        assert "error" in answer.json()
