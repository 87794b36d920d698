"""What is asked all the time goes past the router, and answers like it."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from mlproject.serving.direct import Direct


async def often(request: Request) -> Response:
    body = await request.body()
    if not body:
        raise ValueError("empty")
    return PlainTextResponse(body)


async def sorry(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 400)


@pytest.fixture
def client() -> TestClient:
    return TestClient(Direct(Starlette(), {("POST", "/often"): often}, (ValueError,), sorry))


def test_its_function_answers(client: TestClient) -> None:
    assert client.post("/often", content=b"a").text == "a"


def test_a_known_error_is_answered(client: TestClient) -> None:
    answer = client.post("/often")
    assert (answer.status_code, answer.text) == (400, "empty")


@pytest.mark.parametrize(("method", "path"), [("GET", "/often"), ("POST", "/seldom")])
def test_the_rest_is_for_the_application(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.text) == (404, "Not Found")
