"""One measurement of ``benchmarks.store``: its seconds and the peak memory of this process."""

import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from benchmarks import corpus_file
from mlproject.settings import Settings
from mlproject.source.topic import Topic
from mlproject.steps import import_corpus
from mlproject.store import topics as stored
from mlproject.store.connection import connect
from mlproject.store.copy import copy_out

SITE = "v2ex.com"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read_posts(file: str) -> Iterator[dict[str, Any]]:
    with Path(file).open(encoding="utf-8") as several:
        yield from (json.loads(line) for line in several)


def topics(posts: str, rows: str, again: str = "", batch: str = "") -> dict[str, float]:
    """Store so many topics: the posts of the file, over and over under new ids.

    At once; with ``batch`` so many in a transaction, as a crawl stores them.
    """
    base = [
        Topic(
            1,
            post["title"] or "",
            post["content"] or "",
            post.get("node"),
            post.get("member") or post.get("author"),
            datetime.fromtimestamp(post["created"], UTC),
            None,
        )
        for post in read_posts(posts)
    ]
    if not again:
        prepare("TRUNCATE topic CASCADE")
    prepare("CHECKPOINT")
    given = (
        replace(topic, id=number)
        for number, topic in zip(range(1, int(rows) + 1), itertools.cycle(base), strict=False)
    )
    started = time.perf_counter()
    with connect(settings()) as connection:
        new = in_batches(connection, given, int(batch or 0))
    seconds = time.perf_counter() - started
    if new != (0 if again else int(rows)):
        raise SystemExit(f"{new} topics were new")
    return {"seconds": seconds}


def in_batches(connection: Connection, given: Iterator[Topic], batch: int) -> int:
    if not batch:
        return stored.store(connection, SITE, given, NOW).new
    new = 0
    while several := list(itertools.islice(given, batch)):
        new += stored.store(connection, SITE, several, NOW).new
        connection.commit()
    return new


def copy(psql: str) -> dict[str, float]:
    """``\\copy`` of what is stored, from a file into a table of the same kind."""
    prepare("DROP TABLE IF EXISTS peer")
    prepare("CREATE TABLE peer (LIKE topic INCLUDING ALL)")
    with tempfile.NamedTemporaryFile() as file:
        with connect(settings()) as connection:
            copy_out(connection, "SELECT * FROM topic ORDER BY id", file)
        file.flush()
        prepare("CHECKPOINT")
        url = settings().database_url.get_secret_value()
        started = time.perf_counter()
        subprocess.run(
            [psql, "--quiet", "--command", f"\\copy peer from {file.name}", url], check=True
        )
        seconds = time.perf_counter() - started
    prepare("DROP TABLE peer")
    return {"seconds": seconds}


def cursor() -> dict[str, float]:
    """Every topic through the server-side cursor."""
    started = time.perf_counter()
    with connect(settings()) as connection:
        rows = sum(1 for _ in stored.read(connection))
    return {"seconds": time.perf_counter() - started, "rows": rows}


def copy_to_file() -> dict[str, float]:
    """Every topic into a file by COPY."""
    started = time.perf_counter()
    with connect(settings()) as connection, tempfile.TemporaryFile() as file:
        copy_out(connection, "SELECT site, id, title, content FROM topic", file)
        file.seek(0)
        rows = sum(1 for _ in file)
    return {"seconds": time.perf_counter() - started, "rows": rows}


def write(posts: str, rows: str, file: str) -> dict[str, float]:
    """A corpus of different texts, as long as the posts are, in the format of the name."""
    base = [post["content"] or post["title"] for post in read_posts(posts)]
    corpus_file.write(Path(file), int(rows), base)
    return {"rows": int(rows)}


def import_(rows: str, file: str) -> dict[str, float]:
    """The step import-corpus on one file."""
    prepare("TRUNCATE corpus_text")
    prepare("CHECKPOINT")
    entry = {"name": "texts", "file": Path(file).name, "fields": {"text": "content"}}
    task = {"name": "t", "title": "T", "labels": ["a", "b"], "registered_model": "t"}
    folder = Path(tempfile.mkdtemp())
    try:
        path = folder / "task.yaml"
        path.write_text(
            json.dumps({**task, "corpora": [{**entry, "label": "a", "licence": "none"}]})
        )
        inputs = import_corpus.Inputs(task=str(path), folder=Path(file).parent)
        started = time.perf_counter()
        result = import_corpus.run(inputs, settings(folder))
        seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(folder)
    if result["rows_new"] != int(rows):
        raise SystemExit(f"{result['rows_new']} texts were new, not {rows}")
    return {"seconds": seconds}


def settings(home: Path = Path()) -> Settings:
    return Settings.from_environment({**os.environ, "MLPROJECT_HOME": str(home)})


def prepare(statement: str) -> None:
    with closing(psycopg2.connect(settings().database_url.get_secret_value())) as connection:
        connection.autocommit = True
        with connection.cursor() as each:
            each.execute(statement)


WAYS: dict[str, Callable[..., dict[str, float]]] = {
    "topics": topics,
    "copy": copy,
    "cursor": cursor,
    "copy-out": copy_to_file,
    "write": write,
    "import": import_,
}


if __name__ == "__main__":
    positional, named = json.loads(sys.argv[2])
    found = WAYS[sys.argv[1]](*positional, **named)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({**found, "peak": peak}))
