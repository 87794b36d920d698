"""A port in front of a server's that can be closed and opened, as if the server ended and came."""

import select
import socket
import socketserver
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from tests.model_fixtures import free_port

CHUNK = 1 << 16  # bytes


class Gateway:
    """Leads to the server at ``url``. Closed, it breaks what is open and refuses what comes."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._server = (parts.hostname, parts.port)
        self._here = ("127.0.0.1", free_port())
        self._listener: _Listener | None = None
        self.url = f"http://127.0.0.1:{self._here[1]}"

    def open(self) -> None:
        self._listener = _Listener(self._here, self._server)
        threading.Thread(target=self._listener.serve_forever, args=(0.02,)).start()

    def close(self) -> None:
        if self._listener is not None:
            self._listener.shutdown()
            self._listener.break_off()
            self._listener.server_close()
            self._listener = None


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, here: tuple[str, int], server: tuple[str, int]) -> None:
        super().__init__(here, _Passage)
        self.server = server
        self.ends: set[socket.socket] = set()

    def break_off(self) -> None:
        for end in list(self.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Passage(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(self.server.server) as there:
            ends = {self.request: there, there: self.request}
            self.server.ends |= ends.keys()
            try:
                while self._passed(ends):
                    pass
            finally:
                self.server.ends -= ends.keys()

    def _passed(self, ends: dict[socket.socket, socket.socket]) -> bool:
        """Whether both ends are still open."""
        for end in select.select([*ends], [], [])[0]:
            data = end.recv(CHUNK)
            if not data:
                return False
            ends[end].sendall(data)
        return True
