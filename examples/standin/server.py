"""The stand-in on a port: in the foreground, or in a thread for as long as a block runs."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

OPTIONS: Any = {
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "lifespan": "off",
    "ws": "none",
    "timeout_graceful_shutdown": 2,
}
START = 10.0  # seconds that a start may take


def serve(app: Starlette, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; exits with 1 when the port is taken."""
    uvicorn.run(app, host=host, port=port, **OPTIONS)


@contextmanager
def running(app: Starlette, host: str = "127.0.0.1") -> Iterator[str]:
    """The address of the app on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=0, **OPTIONS))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the stand-in does not start")
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(START)
