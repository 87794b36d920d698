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
from pathlib import Path
from typing import Any

HEAD_END = b"\r\n\r\n"


class Driver:
    """So many connections, each with one request at a time."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._port = int(given["port"])
        bodies = Path(given["bodies"]).read_bytes().splitlines()
        head = f"POST {given['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += "Content-Type: application/json\r\nContent-Length: "
        self._requests: Iterator[bytes] = itertools.cycle(
            [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
        )
        self._connections = int(given["connections"])
        self._seconds = float(given["seconds"])
        self._begin = time.perf_counter() + float(given["warm"])
        self._end = self._begin + self._seconds
        self.latencies: list[float] = []
        self.failures = 0
        self.answers = 0

    async def run(self) -> None:
        tasks = [asyncio.ensure_future(self._connection()) for _ in range(self._connections)]
        await asyncio.wait(tasks, timeout=self._end - time.perf_counter())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self) -> None:
        reader = writer = None
        while time.perf_counter() < self._end:
            request = next(self._requests)
            started = time.perf_counter()
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.write(request)
                status, closes = await answer(reader)
            except (OSError, asyncio.IncompleteReadError):
                status, closes = 0, True
            self._note(started, status)
            if closes and writer is not None:
                writer.close()
                reader = writer = None

    def _note(self, started: float, status: int) -> None:
        ended = time.perf_counter()
        self.answers += 1
        if not self._begin <= ended <= self._end:
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


async def answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Status of one answer, and whether the server closes the connection after it."""
    head = (await reader.readuntil(HEAD_END)).lower()
    length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
    await reader.readexactly(int(length))
    return int(head[9:12]), b"connection: close" in head


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
