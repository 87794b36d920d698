"""From candidates to a data-set folder."""

import json
import logging
import resource
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from mlproject.dataset import noise, write
from mlproject.dataset.bias import biases
from mlproject.dataset.columns import Columns
from mlproject.dataset.noise import Suspects
from mlproject.dataset.row import Candidate, Kind
from mlproject.dataset.select import Before, Fate, Selection, parents_of, select
from mlproject.dataset.split import TRAIN, Mask, ranks
from mlproject.errors import InputError
from mlproject.task import Task

log = logging.getLogger(__name__)
FORMAT = 3
SUSPECTS = "suspects.jsonl"


@dataclass(frozen=True)
class Built:
    folder: Path
    manifest: dict[str, Any]
    keys: NDArray[np.int64]  # texts whose split is new
    splits: NDArray[np.int8]  # position in split.SPLITS


def build(task: Task, candidates: Iterable[Candidate], before: Before, home: Path) -> Built:
    """Write ``home/ID``; the same candidates and earlier splits give the same folder.

    Raises:
        InputError: a label has no rows.
    """
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".export-") as name:
        work = Path(name)
        clock = _Clock()
        columns = Columns(work / "candidates", task.labels)
        columns.fill(candidates)
        clock.lap("read %d texts and cleaned them", len(columns))
        selection = select(task, columns, before, work)
        clock.lap("kept %d of them", int(np.count_nonzero(selection.kept)))
        suspects = _examine(task, columns, selection)
        clock.lap("%d look mislabelled", len(suspects.rows))
        _refuse_empty(task, columns, selection)
        folder = _publish(task, columns, selection, suspects, work, home)
        clock.lap("written")
        known = selection.kept & (selection.splits != selection.before)
        return Built(
            folder,
            json.loads((folder / write.MANIFEST).read_text(encoding="utf-8")),
            columns.keys_of(known),
            selection.splits[known],
        )


class _Clock:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def lap(self, message: str, *values: object) -> None:
        now, peak = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        log.info(f"{message}, %.1f s, at most %d MB", *values, now - self._last, peak * 1024 / 1e6)
        self._last = now


def _refuse_empty(task: Task, columns: Columns, selection: Selection) -> None:
    there = np.bincount(columns.labels[selection.kept], minlength=len(task.labels))
    for code, label in enumerate(task.labels):
        if not there[code]:
            raise InputError(
                f"label {label!r} has no texts: run import-corpus (or crawl) before export"
            )


def _examine(task: Task, columns: Columns, selection: Selection) -> Suspects:
    """Find rows of the train split that look mislabelled, and leave them out if told to."""
    options = task.dataset.noise
    rows = selection.in_split(TRAIN)
    if not options.examine:
        return noise.NOTHING
    _thin(rows, columns, options.examine)
    suspects = noise.find(
        lambda: columns.texts(rows),
        np.flatnonzero(rows),
        columns.labels[rows].astype(np.int64),
        selection.groups[rows],
        len(task.labels),
        options.folds,
    )
    if options.leave_out:  # what somebody has labelled is believed; the label of a post is assumed
        assumed = (columns.kinds[suspects.rows] & Kind.TOPIC) != 0
        selection.fates[suspects.rows[assumed]] = Fate.SUSPECT
        of_suspects = selection.fates[parents_of(columns.kinds)] == Fate.SUSPECT
        selection.fates[of_suspects & selection.kept] = Fate.SUSPECT
    return suspects


def _thin(rows: Mask, columns: Columns, number: int) -> None:
    """Take rows out of the mask, by hash, until it has at most so many."""
    there = np.flatnonzero(rows)
    if len(there) > number:
        order = np.argsort(ranks(columns.keys[there]), kind="stable")
        rows[there[order[number:]]] = False


def _publish(
    task: Task,
    columns: Columns,
    selection: Selection,
    suspects: Suspects,
    work: Path,
    home: Path,
) -> Path:
    partial = work / "folder"
    partial.mkdir()
    files = write.rows(partial, columns, selection)
    settings = {
        "dataset": task.dataset.model_dump(mode="json"),
        "topics": task.topics.model_dump(mode="json") if task.topics else None,
    }
    beside = write.unlabelled(partial, columns, selection)
    dataset_id = write.identity(task, [*files, *([beside] if beside else [])], settings)
    target = home / dataset_id
    if (target / write.MANIFEST).is_file():
        return target
    listed = _list_suspects(partial / SUSPECTS, task, columns, selection, suspects)
    content = {
        "format": FORMAT,
        "dataset_id": dataset_id,
        "task": task.name,
        "labels": list(task.labels),
        "files": {file.name: _entry(file) for file in files},
        "unlabelled": _entry(beside) if beside else None,
        "counts": write.counts(columns, selection),
        "lengths": write.lengths(columns, selection),
        "candidates": len(columns),
        "left_out": selection.left_out(),
        "label_conflicts": selection.conflicts,
        "noise": {"examined": suspects.examined, "suspects": len(suspects.rows), **listed},
        "biases": biases(task, columns, selection),
        "settings": settings,
    }
    write.manifest(partial, content)
    if task.dataset.profile:
        from mlproject.dataset.profile.page import write as write_profile

        write_profile(partial)
    return write.publish(partial, target)


def _entry(file: write.LabelFile) -> dict[str, Any]:
    return {"sha256": file.sha256, "rows": file.rows}


def _list_suspects(
    path: Path, task: Task, columns: Columns, selection: Selection, suspects: Suspects
) -> dict[str, Any]:
    """Write the suspects, the worst first."""
    place = {int(number): position for position, number in enumerate(suspects.rows)}
    labels = columns.labels
    mask = np.zeros(len(columns), bool)
    mask[suspects.rows] = True
    found: list[tuple[int, dict[str, Any]]] = []
    for number, line in columns.lines(mask):
        at = place[number]
        row = orjson.loads(line + b"}") | {
            "label": task.labels[labels[number]],
            "suggested": task.labels[suspects.suggested[at]],
            "quality": round(float(suspects.quality[at]), 4),
            "left_out": bool(selection.fates[number] == Fate.SUSPECT),
        }
        found.append((at, row))
    lines = [orjson.dumps(row) + b"\n" for _, row in sorted(found, key=lambda pair: pair[0])]
    path.write_bytes(b"".join(lines))
    by_label = {label: sum(row["label"] == label for _, row in found) for label in task.labels}
    return {"file": SUSPECTS, "by_label": by_label}
