"""What BentoML has around the service, and that it is passed by."""

import subprocess
import sys

ASK = """
from types import SimpleNamespace

from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from mlproject.serving.service import ClassifierService, Front

seen = []


class Around:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        seen.append(scope["type"])
        await self.app(scope, receive, send)


app = ClassifierService.to_asgi(is_main=True)
app.user_middleware.insert(0, Middleware(Around))
app.router.lifespan_context = type(app)().router.lifespan_context  # starts no model
Front.worker = SimpleNamespace(application=PlainTextResponse("of the worker"))
with TestClient(app) as client:
    print([client.get(path).text for path in ("/readyz", "/x")], seen)
"""


def test_requests_come_to_the_worker_first() -> None:
    """Nothing that BentoML has around its application is asked before; only its start is."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1] == "['of the worker', 'of the worker'] ['lifespan']"
