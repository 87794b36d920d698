import logging

import pytest

from mlproject.training.progress import Progress


def test_a_line_has_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with Progress(total=1_000, done=200) as progress:
        begun = progress._started
        progress.add(100, epoch=1)
        line = progress.line(begun + 10)
    assert line == "300 of 1,000 texts (30%), 10 a second, 70 s left at most"


def test_without_a_terminal_lines_come_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mlproject.training.progress.INTERVAL", 0.0)
    caplog.set_level(logging.INFO)
    with Progress(total=10) as progress:
        progress.add(5, epoch=3)
    assert caplog.messages[0].startswith("epoch 3: 5 of 10 texts (50%)")


def test_in_a_terminal_there_is_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Progress(total=10) as progress:
        progress.add(10, epoch=1)
        progress.say("done")
    assert "10/10" in capsys.readouterr().err
