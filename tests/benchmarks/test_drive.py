"""How long a slow server is driven."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks import drive
from benchmarks.drive import Bench, Figure
from benchmarks.servers import Server
from benchmarks.serving_models import Models
from benchmarks.serving_peers import more
from benchmarks.serving_texts import Texts


@pytest.fixture
def silent() -> Iterator[Server]:
    """What takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server("silent", [], listening.getsockname()[1], {})
        server.process = psutil.Popen(["sleep", "60"])
        yield server
        server.process.kill()
        server.process.wait(10)


def test_a_server_that_answers_nothing_has_one_longer_try(
    silent: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(drive, "PATIENCE", 0.2)
    texts = Texts(["借钱"], ["借钱"])
    bench = Bench(tmp_path, texts, Models(tmp_path, texts.all, tmp_path, {}), True, 0.2, 1)
    found = bench.load(silent, "questions", 2, 0.1)
    assert (found.rate, found.answers) == (0.0, 0)
    said = capsys.readouterr().out
    assert said.count("2 connections") == 2
    assert "none answered within 0.2 s" in said


def test_its_row_says_so(tmp_path: Path) -> None:
    texts = Texts(["借钱"], ["借钱"])
    bench = Bench(tmp_path, texts, Models(tmp_path, texts.all, tmp_path, {}), True, 0.2, 1)
    key = ("questions", 64)
    nothing = Figure(0.0, float("nan"), float("nan"), 0, 0, 0.0, 5.0)
    bench._ours["base"] = {key: Figure(60.0, 10.0, 12.0, 0, 60, 0.0, 1.0)}
    bench._limits[("base", ("questions", 2))] = {"rate": 70.0}
    row = more(bench, "base", "classic", key, {key: nothing}, None)
    assert row.cells()[2:4] == ("classic: none answered", "inf ×")
