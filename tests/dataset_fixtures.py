"""Data sets of given rows, for tests of what reads them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlproject.task import Task


@dataclass(frozen=True)
class Row:
    id: str
    text: str
    label: str
    source: str
    split: str


def write(folder: Path, task: Task, rows: Sequence[Row]) -> Path:
    """A data-set folder below ``folder`` that holds just these rows."""
    lines: dict[str, list[str]] = {label: [] for label in task.labels}
    for row in rows:
        values = {key: value for key, value in vars(row).items() if key != "label"}
        lines[row.label].append(json.dumps(values, ensure_ascii=False) + "\n")
    files = {f"{label}.jsonl": "".join(part).encode() for label, part in lines.items()}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    dataset_id = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()[:16]
    target = folder / dataset_id
    target.mkdir(parents=True)
    for name, data in files.items():
        (target / name).write_bytes(data)
    manifest = {
        "dataset_id": dataset_id,
        "task": task.name,
        "labels": list(task.labels),
        "files": {
            name: {"sha256": hashes[name], "rows": data.count(b"\n")}
            for name, data in files.items()
        },
    }
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return target
