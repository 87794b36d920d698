"""A file of texts: the service's answers, in order, whatever ends the process."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mlproject.errors import InputError, StoppedError
from mlproject.serving.inference import Inference
from mlproject.serving.scoring import count, read, resume, score
from tests.model_fixtures import CALLS, OTHERS

TEXTS = [text * times for times in (1, 2, 7, 30) for text in (*CALLS, *OTHERS)]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_answers_are_those_of_the_service(
    inference: Inference, client: TestClient, tmp_path: Path
) -> None:
    source = write(tmp_path / "in.jsonl", [{"id": f"a{n}", "text": t} for n, t in enumerate(TEXTS)])
    done = score(source, tmp_path / "out.jsonl", inference, lambda lines: None)
    found = rows_of(tmp_path / "out.jsonl")
    assert (done.lines, done.resumed, done.errors) == (len(TEXTS), 0, 0)
    assert [row.pop("id") for row in found] == [f"a{n}" for n in range(len(TEXTS))]
    served = client.post("/classify", json={"texts": TEXTS}).json()
    for row, answer in zip(found, served["results"], strict=True):
        assert row["model_version"] == served["model_version"]
        assert (row["label"], row["truncated"]) == (answer["label"], answer["truncated"])
        assert row["probability"] == pytest.approx(answer["probability"], abs=1e-5)


def test_a_line_that_is_no_text_keeps_its_place(inference: Inference, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    good = '{"text": "借钱"}'
    source.write_text(f'{good}\n{{\n[]\n{{"id": 7}}\n{{"text": " "}}\n{good}')
    done = score(source, tmp_path / "out.jsonl", inference, lambda lines: None)
    found = rows_of(tmp_path / "out.jsonl")
    assert (done.lines, done.errors) == (6, 4)
    assert [row["id"] for row in found] == [1, 2, 3, 7, 5, 6]
    assert ["error" in row for row in found] == [False, True, True, True, True, False]


def test_a_post_is_its_title_and_content(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl.gz"
    with gzip.open(source, "wt", encoding="utf-8") as file:
        file.write('{"id": 5, "title": " 题 ", "content": "文"}\n{"title": "题", "content": null}')
    assert [(line.id, line.text) for line in read(source)] == [(5, "题\n文"), (2, "题\n")]


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_it_goes_on_behind_the_last_whole_line(
    inference: Inference, tmp_path: Path, cut: int
) -> None:
    source = write(tmp_path / "in.jsonl", [{"text": text} for text in TEXTS])
    whole, begun = tmp_path / "whole.jsonl", tmp_path / "begun.jsonl"
    score(source, whole, inference, lambda lines: None)
    lines = whole.read_bytes().splitlines(keepends=True)
    begun.write_bytes(b"".join(lines[:10]) + lines[10][:cut])
    done = score(source, begun, inference, lambda lines: None)
    assert (done.lines, done.resumed) == (len(TEXTS), 10)
    assert [row["label"] for row in rows_of(begun)] == [row["label"] for row in rows_of(whole)]
    assert score(source, begun, inference, lambda lines: None).resumed == len(TEXTS)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": 1, "model_version": "2"}', "begun with version '2'"),
        ('{"id": 9, "model_version": "3"}', "does not hold answers"),
        ("nonsense", "does not hold answers"),
    ],
)
def test_what_is_not_its_beginning_is_left_alone(tmp_path: Path, line: str, says: str) -> None:
    source = write(tmp_path / "in.jsonl", [{"text": "借钱"}])
    target = tmp_path / "out.jsonl"
    target.write_text(line + "\n")
    with pytest.raises(InputError, match=says):
        resume(source, target, "3")
    assert target.read_text() == line + "\n"


def start(source: Path, target: Path, model: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mlproject", "score", str(source), str(target)]
    environ = {**os.environ, "MLPROJECT_THREADS": "1", "MLPROJECT_HOME": str(target.parent)}
    return subprocess.Popen([*command, "--model", str(model)], env=environ, stderr=subprocess.PIPE)


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM])
def test_the_command_goes_on_after_any_end(
    model_folder: Path, tmp_path: Path, ended_by: signal.Signals
) -> None:
    source = write(tmp_path / "in.jsonl", [{"text": text} for text in TEXTS * 900])
    target = tmp_path / "out.jsonl"
    first = start(source, target, model_folder)
    until = time.monotonic() + 60
    while not (target.exists() and target.stat().st_size) and time.monotonic() < until:
        time.sleep(0.01)
    first.send_signal(ended_by)
    _, log = first.communicate(timeout=60)
    assert first.returncode == (-9 if ended_by == signal.SIGKILL else StoppedError.exit_code), log
    with target.open("ab") as file:
        file.write(b'{"id": 1')
    before = target.read_bytes().count(b"\n")
    assert 0 < before < len(TEXTS) * 900
    second = start(source, target, model_folder)
    _, log = second.communicate(timeout=200)
    assert second.returncode == 0, log
    found = rows_of(target)
    assert [row["id"] for row in found] == list(range(1, len(TEXTS) * 900 + 1))
    assert len({row["probability"] for row in found}) > 1
    assert b"100%" in log


@pytest.mark.parametrize("cut", [-1, -9, 60])
def test_a_packed_file_that_was_cut_off_ends_with_2(tmp_path: Path, cut: int) -> None:
    source = tmp_path / "in.jsonl.gz"
    rows = "".join(json.dumps({"text": f"{text}{n}"}) + "\n" for n, text in enumerate(TEXTS))
    source.write_bytes(gzip.compress(rows.encode())[:cut])
    with pytest.raises(
        InputError, match=r"in\.jsonl\.gz: cannot be read .*: give a whole JSONL file"
    ):
        count(source)


def test_a_cut_off_file_is_one_line_of_the_command(model_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl.gz"
    source.write_bytes(gzip.compress(b'{"text": "a"}\n' * 999)[:-9])
    process = start(source, tmp_path / "out.jsonl", model_folder)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"Traceback" not in log
    assert not (tmp_path / "out.jsonl").exists()


def test_a_text_that_cleaning_empties_is_an_error_of_its_line(
    inference: Inference, tmp_path: Path
) -> None:
    source = write(tmp_path / "in.jsonl", [{"text": t} for t in ("借钱", "\u200b", "<b></b>")])
    done = score(source, tmp_path / "out.jsonl", inference, lambda lines: None)
    assert (done.lines, done.errors) == (3, 2)
    assert [row.get("error") for row in rows_of(tmp_path / "out.jsonl")] == [
        *(None, "the text is empty", "the text is empty"),
    ]


def test_a_missing_file_ends_with_2(model_folder: Path, tmp_path: Path) -> None:
    process = start(tmp_path / "nothing.jsonl", tmp_path / "out.jsonl", model_folder)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"nothing.jsonl" in log
