"""One measurement of ``benchmarks.dataset``: its seconds and the peak memory of this process."""

import itertools
import json
import logging
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure_store import NOW, SITE, prepare, read_posts, settings
from mlproject.dataset import near
from mlproject.dataset.clean import clean
from mlproject.steps import export
from mlproject.store.connection import connect
from mlproject.store.copy import copy_in
from mlproject.task import load

SENTENCES = 60_000
TOPIC = ("site", "id", "title", "content", "author", "created")
TEXT = ("task", "content_hash", "text", "label", "corpus", "source", "licence")
AGAIN = 0.05  # of the texts: the same once more; and as many nearly the same


def texts(posts: str, rows: int) -> Iterator[str]:
    """Different texts about as long as the posts are, made of their sentences; some come again."""
    sentences, sizes = [], []
    for post in read_posts(posts):
        parts = [part for part in (post["content"] or "").split("。") if 5 < len(part) < 400]
        sizes.append(max(len(parts), 1))
        sentences += parts
    choose = random.Random(1)  # noqa: S311
    del sentences[SENTENCES:]
    last = sentences[0]
    for number in range(rows):
        draw = choose.random()
        if draw < AGAIN:
            yield last
        elif draw < 2 * AGAIN:
            yield f"{last}。第{number}次问"
        else:
            last = "。".join(choose.choices(sentences, k=choose.choice(sizes)))
            yield f"{choose.choice(sentences)[:20]}\n{last}"


def fill(posts: str, rows: str) -> dict[str, float]:
    """So many texts: five topics to each consultation."""
    prepare("TRUNCATE topic, corpus_text, text_split CASCADE")
    number = int(rows) * 5 // 6
    several = texts(posts, int(rows))
    topics = (
        (SITE, place, *text.partition("\n")[::2], f"author{place % 100_003}", NOW)
        for place, text in enumerate(itertools.islice(several, number))
    )
    asked = (
        ("legal", f"{place:08x}", f"请问{text[:60]}？", "consultation", "c", "q", "none")
        for place, text in enumerate(several)
    )
    with connect(settings()) as connection:
        copy_in(connection, "topic", TOPIC, topics)
        copy_in(connection, "corpus_text", TEXT, asked)
    prepare("ANALYZE")
    return {"rows": int(rows)}


def exported(folder: str, options: str) -> dict[str, float]:
    """The step export with the part ``dataset`` of the task replaced."""
    task = load("legal").model_dump(mode="json")
    task["corpora"] = []
    task["topics"] |= {"max_rows": 100_000_000, "titles": False, "cuts": False}
    task["dataset"] = json.loads(options)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        path = Path(name) / "task.yaml"
        path.write_text(json.dumps(task))
        started, used = time.perf_counter(), time.process_time()
        result = export.run(export.Inputs(task=str(path)), settings(Path(name)))
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        manifest = json.loads((Path(result["dataset"]) / "manifest.json").read_text("utf-8"))
    kept = sum(file["rows"] for file in manifest["files"].values())
    return {"seconds": seconds, "cpu": cpu, "candidates": manifest["candidates"], "rows": kept}


def clusters(posts: str, rows: str) -> dict[str, float]:
    """Near-duplicates among so many cleaned texts."""
    several = enumerate(clean(text) for text in texts(posts, int(rows)))
    held = list(several)
    with tempfile.TemporaryDirectory() as name:
        started, used = time.perf_counter(), time.process_time()
        roots = near.cluster(iter(held), len(held), 0.8, Path(name))
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
    found = sum(root != place for place, root in enumerate(roots.tolist()))
    return {"seconds": seconds, "cpu": cpu, "near": found}


WAYS: dict[str, Callable[..., dict[str, Any]]] = {
    "fill": fill,
    "export": exported,
    "near": clusters,
}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="  %(message)s")
    positional, named = json.loads(sys.argv[2])
    found = WAYS[sys.argv[1]](*positional, **named)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({**found, "peak": peak}))
