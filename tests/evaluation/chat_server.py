"""A server that speaks the chat completions protocol, with answers and faults to order."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "a-key-for-tests"


@dataclass
class Chat:
    """``answers``: the content for each text; others get ``otherwise``. ``faults``: status codes
    given first, one a request. ``refusals``: what is said, with 400, of texts that hold a word.
    ``unknown``: parameters that are refused."""

    url: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    otherwise: str = '{"label": "other", "probability": 0.9}'
    faults: list[int] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    asked: list[dict[str, Any]] = field(default_factory=list)
    body: Any = None  # given instead of a completion

    def texts(self) -> list[str]:
        return [request["messages"][-1]["content"] for request in self.asked]


@contextmanager
def serving(chat: Chat) -> Iterator[Chat]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                status = chat.faults.pop(0) if chat.faults else 200
                if self.headers["Authorization"] != f"Bearer {KEY}":
                    status = 401
                if self.path != "/v1/chat/completions":
                    status = 404
                if status == 200:
                    chat.asked.append(request)
            said = _refusal(chat, request) if status == 200 else ""
            status = 400 if said else status
            content = chat.answers.get(request["messages"][-1]["content"], chat.otherwise)
            completion = {
                "choices": [{"message": {"role": "assistant", "content": content}}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 10},
            }
            body = completion if chat.body is None else chat.body
            data = json.dumps({"error": {"message": said}} if said else body).encode()
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    chat.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield chat
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _refusal(chat: Chat, request: dict[str, Any]) -> str:
    for name in chat.unknown:
        if name in request:
            return f"Unsupported parameter: '{name}' is not supported with this model."
    text = request["messages"][-1]["content"]
    return next((said for word, said in chat.refusals.items() if word in text), "")
