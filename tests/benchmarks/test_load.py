import asyncio
import json
from pathlib import Path

import uvloop

from benchmarks.load import Driver, answer

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def test_an_answer_is_known_once_its_head_is_there() -> None:
    assert answer(GOOD[:20]) == (0, False, 0)
    assert answer(GOOD[:-1]) == (200, False, len(GOOD))
    assert answer(GOOD.replace(b"Content", b"Connection: close\r\ncontent"))[1]


def drive(tmp_path: Path, replies: list[list[bytes]], connections: int = 2) -> Driver:
    """A driver that has run against a server with these replies in turn, each in parts."""
    bodies = tmp_path / "bodies.txt"
    bodies.write_bytes(b'{"a": 1}\n{"b": 2}\n')
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            while (line := await reader.readline()).strip():
                head = line if line.lower().startswith(b"content-length") else head
            asked.append(await reader.readexactly(int(head.split(b":")[1])))
            for part in replies[len(asked) % len(replies)]:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.001)
            if not replies[len(asked) % len(replies)]:
                break
        writer.close()
        await writer.wait_closed()

    async def run() -> Driver:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        given = {"path": "/x", "bodies": str(bodies), "connections": connections}
        port = server.sockets[0].getsockname()[1]
        driver = Driver({**given, "port": port, "seconds": 0.3, "warm": 0.0})
        await driver.run()
        server.close()
        await asyncio.sleep(0.05)  # for its connections to see their end
        return driver

    driver = uvloop.run(run())
    assert {json.dumps(json.loads(body)) for body in asked} == {'{"a": 1}', '{"b": 2}'}
    return driver


def test_answers_in_parts_are_counted_once(tmp_path: Path) -> None:
    found = drive(tmp_path, [[GOOD], [GOOD[:10], GOOD[10:]], [GOOD[:-1], GOOD[-1:]]]).result()
    assert found["failures"] == 0
    assert found["answers"] > 4
    assert found["p50"] > 0


def test_refusals_and_cut_connections_are_failures(tmp_path: Path) -> None:
    driver = drive(tmp_path, [[GOOD], [GOOD.replace(b"200", b"429")], []])
    assert driver.failures > 1
    assert driver.latencies


def test_nobody_listens(tmp_path: Path) -> None:
    (tmp_path / "bodies.txt").write_bytes(b"{}\n")
    given = {"port": 9, "path": "/", "bodies": str(tmp_path / "bodies.txt"), "connections": 1}
    driver = Driver({**given, "seconds": 0.05, "warm": 0.0})
    uvloop.run(driver.run())
    assert driver.failures == driver.answers > 0
