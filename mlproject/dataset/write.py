"""A data set as a folder named by its content."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from mlproject.dataset.row import Row
from mlproject.task import Task


def write(folder: Path, task: Task, rows: Sequence[Row], settings: Mapping[str, Any]) -> Path:
    """Write ``folder/ID`` and return it; the same rows and settings are the same folder.

    The folder appears whole or not at all.
    """
    files = {f"{label}.jsonl": _lines(rows, label) for label in task.labels}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    dataset_id = _identity(task, hashes, settings)
    target = folder / dataset_id
    if (target / "manifest.json").is_file():
        return target
    manifest = {
        "format": 1,
        "dataset_id": dataset_id,
        "task": task.name,
        "labels": list(task.labels),
        "files": {
            name: {"sha256": hashes[name], "rows": data.count(b"\n")}
            for name, data in files.items()
        },
        "counts": counts(rows),
        "lengths": {label: lengths(rows, label) for label in task.labels},
        "settings": dict(settings),
    }
    partial = folder / f"{dataset_id}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, data in files.items():
        (partial / name).write_bytes(data)
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
    (partial / "manifest.json").write_text(text + "\n", encoding="utf-8")
    partial.rename(target)
    return target


def counts(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, int]]]:
    """Rows by label, source and split."""
    table: dict[str, dict[str, dict[str, int]]] = {}
    for (label, source, split), number in sorted(
        Counter((row.label, row.source, row.split) for row in rows).items()
    ):
        table.setdefault(label, {}).setdefault(source, {})[split] = number
    return table


def lengths(rows: Sequence[Row], label: str) -> dict[str, float]:
    """Characters per text of one label."""
    sizes = np.array([len(row.text) for row in rows if row.label == label])
    if not len(sizes):
        return {}
    return {
        "min": int(sizes.min()),
        "median": float(np.median(sizes)),
        "mean": round(float(sizes.mean()), 1),
        "p95": float(np.percentile(sizes, 95)),
        "max": int(sizes.max()),
    }


def _lines(rows: Sequence[Row], label: str) -> bytes:
    return b"".join(
        orjson.dumps({"id": row.id, "text": row.text, "source": row.source, "split": row.split})
        + b"\n"
        for row in rows
        if row.label == label
    )


def _identity(task: Task, hashes: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    content = json.dumps([task.name, task.labels, hashes, dict(settings)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
