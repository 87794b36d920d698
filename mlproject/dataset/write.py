"""A data set as a folder named by its content."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset import parts
from mlproject.dataset.columns import Columns
from mlproject.dataset.read import UNLABELLED
from mlproject.dataset.row import Kind
from mlproject.dataset.select import Fate, Selection
from mlproject.dataset.split import SPLITS, TRAIN
from mlproject.task import Task

BUFFER = 1 << 20
AT_ONCE = 1_000  # rows written together
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class LabelFile:
    name: str
    sha256: str
    rows: int


def rows(folder: Path, columns: Columns, selection: Selection) -> list[LabelFile]:
    """One file for each label in ``folder``, a JSON object a line, in the order of the columns."""
    kept = selection.kept
    endings = [f',"split":"{split}","group":"'.encode() for split in SPLITS]
    with ExitStack() as stack:
        files = [
            _Hashing(stack.enter_context((folder / f"{label}.jsonl").open("wb", BUFFER)))
            for label in columns.label_names
        ]
        labels, splits = columns.labels, selection.splits
        groups = selection.groups.view(np.uint64)
        lines = columns.lines(kept)
        while some := list(islice(lines, AT_ONCE)):
            numbers = [number for number, _ in some]
            decided = (column[numbers].tolist() for column in (labels, splits, groups))
            finished: list[list[bytes]] = [[] for _ in files]
            for (_, line), label, split, group in zip(some, *decided, strict=True):
                finished[label].append(b'%b%b%016x"}\n' % (line, endings[split], group))
            for file, several in zip(files, finished, strict=True):
                file.write(b"".join(several))
        return [
            LabelFile(f"{label}.jsonl", file.finish(), int(np.count_nonzero(kept & of_label)))
            for label, file, of_label in (
                (label, files[code], labels == code)
                for code, label in enumerate(columns.label_names)
            )
        ]


def unlabelled(folder: Path, columns: Columns, selection: Selection) -> LabelFile | None:
    """Texts that were left out for their number or their label, to learn the language from.

    Of the groups of the train split alone, and no near-duplicates of other rows, so that nothing
    that is tested on is among them. Without cuts: their posts are there. None without any.
    """
    wanted = np.isin(selection.fates, (Fate.BALANCE, Fate.SUSPECT))
    wanted &= (selection.splits == TRAIN) & ((columns.kinds & Kind.CUT) == 0)
    if not wanted.any():
        return None
    with (folder / UNLABELLED).open("wb", BUFFER) as opened:
        file = _Hashing(opened)
        lines = columns.lines(wanted)
        while some := list(islice(lines, AT_ONCE)):
            file.write(b"".join([line + b"}\n" for _, line in some]))
    return LabelFile(UNLABELLED, file.finish(), int(np.count_nonzero(wanted)))


class _Hashing:
    def __init__(self, file: BinaryIO) -> None:
        self._file, self._sha256 = file, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)

    def finish(self) -> str:
        return self._sha256.hexdigest()


def identity(task: Task, files: list[LabelFile], settings: Mapping[str, Any]) -> str:
    """The same rows and settings have the same one."""
    hashes = {file.name: file.sha256 for file in files}
    content = json.dumps([task.name, task.labels, hashes, dict(settings)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def manifest(folder: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def publish(partial: Path, target: Path) -> Path:
    """Give a finished folder its name; it appears whole or not at all."""
    if (target / MANIFEST).is_file():
        shutil.rmtree(partial)
    else:
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    return target


def counts(columns: Columns, selection: Selection) -> dict[str, dict[str, dict[str, int]]]:
    """Rows by label, source and split."""
    sources = len(columns.source_names)
    shape = (len(columns.label_names), sources, len(SPLITS))
    numbers = np.zeros(shape, np.int64)
    labels, of_source = columns.labels, columns.sources
    for block in parts.blocks(len(columns)):
        kept = selection.fates[block] == Fate.KEPT
        cells = (labels[block], of_source[block], selection.splits[block])
        np.add.at(numbers, tuple(cell[kept] for cell in cells), 1)
    return {
        label: {
            columns.source_names[source]: {
                name: int(numbers[code, source, split])
                for split, name in enumerate(SPLITS)
                if numbers[code, source, split]
            }
            for source in sorted(range(sources), key=lambda at: columns.source_names[at])
            if numbers[code, source].any()
        }
        for code, label in enumerate(columns.label_names)
    }


def lengths(columns: Columns, selection: Selection) -> dict[str, dict[str, float]]:
    """Characters per text of each label."""
    table: dict[str, dict[str, float]] = {}
    labels, sizes = columns.labels, columns.lengths
    for code, label in enumerate(columns.label_names):
        numbers = np.zeros(1, np.int64)  # of texts of each length
        for block in parts.blocks(len(columns)):
            rows = (selection.fates[block] == Fate.KEPT) & (labels[block] == code)
            found = np.bincount(sizes[block][rows], minlength=len(numbers))
            found[: len(numbers)] += numbers
            numbers = found
        table[label] = _summary(numbers) if numbers.any() else {}
    return table


def _summary(numbers: NDArray[np.int64]) -> dict[str, float]:
    """Of how many texts there are of each length."""
    total = np.cumsum(numbers)
    there = np.flatnonzero(numbers)

    def at(share: float) -> int:
        return int(np.searchsorted(total, share * total[-1]))

    return {
        "min": int(there[0]),
        "median": at(0.5),
        "mean": round(float((numbers * np.arange(len(numbers))).sum() / total[-1]), 1),
        "p95": at(0.95),
        "max": int(there[-1]),
    }
