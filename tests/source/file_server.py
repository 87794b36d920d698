"""A real HTTPS server of one file that breaks off, changes, redirects and refuses on request."""

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


@dataclass
class FileServer:
    """What is served at ``/FILE``; ``asked`` holds the headers of every request."""

    content: bytes
    tag: str = '"one"'
    breaks: list[int] = field(default_factory=list)  # bytes after which the next answers end
    ranges: bool = True
    lengths: bool = True
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # answered first
    asked: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{self.host}/data/questions.jsonl"


class Handler(BaseHTTPRequestHandler):
    served: FileServer

    def do_GET(self) -> None:
        self.served.asked.append(dict(self.headers))
        if self.served.statuses:
            status, headers = self.served.statuses.pop(0)
            self.answer(status, {**headers, "Content-Length": "0"}, b"")
        elif self.headers.get("If-None-Match") == self.served.tag:
            self.answer(304, {}, b"")
        else:
            self.give(self.start())

    def start(self) -> int:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") == self.served.tag
        return int(wanted[1]) if wanted and same and self.served.ranges else 0

    def give(self, start: int) -> None:
        if start and start >= len(self.served.content):
            self.answer(416, {"Content-Range": f"bytes */{len(self.served.content)}"}, b"")
            return
        body = self.served.content[start:]
        headers = {"ETag": self.served.tag}
        if self.served.lengths:
            headers["Content-Length"] = str(len(body))
        if start:
            whole = len(self.served.content)
            headers["Content-Range"] = f"bytes {start}-{whole - 1}/{whole}"
        cut = self.served.breaks.pop(0) if self.served.breaks else len(body)
        self.answer(206 if start else 200, headers, body[:cut])

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(server: FileServer, authority: trustme.CA) -> Iterator[FileServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    handler = type("Handler", (Handler,), {"served": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        server.port = listening.server_port
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
