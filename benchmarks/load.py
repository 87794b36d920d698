"""Requests over loopback from a process of its own, as cheap as a Python client can be.

    python -m benchmarks.load JSON

JSON: ``port, path, bodies (file, one a line), connections, seconds, warm``. Prints one JSON object:
answers per second, latencies in milliseconds (p50, p95), failures; of the answers that came in the
seconds after ``warm``, whenever they were asked for; and the number of all answers.
"""

import asyncio
import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

HEAD_END = b"\r\n\r\n"
AGAIN = 0.01  # seconds before a connection that failed is tried again


class Driver:
    """So many connections, each with one request at a time."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._port = int(given["port"])
        bodies = Path(given["bodies"]).read_bytes().splitlines()
        head = f"POST {given['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += "Content-Type: application/json\r\nContent-Length: "
        self.requests: Iterator[bytes] = itertools.cycle(
            [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
        )
        self._connections = int(given["connections"])
        self._seconds = float(given["seconds"])
        self._begin = time.perf_counter() + float(given["warm"])
        self.end = self._begin + self._seconds
        self.latencies: list[float] = []
        self.failures = 0
        self.answers = 0

    async def run(self) -> None:
        tasks = [asyncio.ensure_future(self._keep()) for _ in range(self._connections)]
        await asyncio.wait(tasks, timeout=self.end - time.perf_counter())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self) -> None:
        """One connection after the other: some servers close theirs after an answer."""
        loop = asyncio.get_running_loop()
        while time.perf_counter() < self.end:
            started = time.perf_counter()
            closed = loop.create_future()
            try:
                await loop.create_connection(
                    partial(Connection, self, closed), "127.0.0.1", self._port
                )
            except OSError:
                self.note(started, 0)
                await asyncio.sleep(AGAIN)
                continue
            await closed

    def note(self, started: float, status: int) -> None:
        ended = time.perf_counter()
        self.answers += 1
        if not self._begin <= ended <= self.end:
            return
        if status == 200:
            self.latencies.append(1000 * (ended - started))
        else:
            self.failures += 1

    def result(self) -> dict[str, float]:
        ranked = sorted(self.latencies) or [float("nan")]
        return {
            "rate": len(self.latencies) / self._seconds,
            "p50": statistics.median(ranked),
            "p95": ranked[int(0.95 * (len(ranked) - 1))],
            "failures": self.failures,
            "answers": self.answers,
        }


class Connection(asyncio.Protocol):
    """Asks again as soon as an answer is whole, without a stream or a task between.

    The client shares the cores with what it measures: a stream takes 0.05 ms more of a request.
    """

    def __init__(self, driver: Driver, closed: "asyncio.Future[None]") -> None:
        self._driver = driver
        self._closed = closed
        self._received = b""
        self._started = 0.0
        self._asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        status, closes, length = answer(self._received)
        if len(self._received) < length or not length:
            return
        self._received = b""
        self._asked = False
        self._driver.note(self._started, status)
        if closes or time.perf_counter() >= self._driver.end:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if self._asked:
            self._driver.note(self._started, 0)
        if not self._closed.done():
            self._closed.set_result(None)

    def _ask(self) -> None:
        self._asked = True
        self._started = time.perf_counter()
        self._transport.write(next(self._driver.requests))


def answer(received: bytes) -> tuple[int, bool, int]:
    """Status of an answer, whether the server closes after it, and its bytes; 0 if not known."""
    end = received.find(HEAD_END)
    if end < 0:
        return 0, False, 0
    head = received[:end].lower()
    length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
    whole = end + len(HEAD_END) + int(length)
    return int(head[9:12]), b"connection: close" in head, whole


def main() -> None:
    driver = Driver(json.loads(sys.argv[1]))
    try:
        import uvloop
    except ImportError:
        asyncio.run(driver.run())
    else:
        uvloop.run(driver.run())
    print(json.dumps(driver.result()))


if __name__ == "__main__":
    main()
