"""On PYTHONPATH of every process of a tested stack: nothing beyond loopback can be reached."""

import socket

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _check(family: int, address: object) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return
    host = str(address[0])
    if not (host.startswith("127.") or host in ("::1", "localhost", "")):
        raise OSError(f"closed in tests: {host}")


def connect(self: socket.socket, address: object) -> None:
    _check(self.family, address)
    _connect(self, address)  # type: ignore[arg-type]


def connect_ex(self: socket.socket, address: object) -> int:
    _check(self.family, address)
    return _connect_ex(self, address)  # type: ignore[arg-type]


socket.socket.connect = connect  # type: ignore[assignment, method-assign]
socket.socket.connect_ex = connect_ex  # type: ignore[assignment, method-assign]
