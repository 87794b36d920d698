"""What changed between two data sets."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from mlproject.dataset.read import Manifest, manifest_of
from mlproject.dataset.split import SPLITS
from mlproject.dataset.text import key_of_name

SHOWN = 5  # examples of each change
CODES = {name: code for code, name in enumerate(SPLITS)}


def difference(one: Path, other: Path) -> dict[str, Any]:
    """Rows added, removed, relabelled and in another split, with examples; settings changed.

    A row is the same when its text is, to the letter. 10 bytes a row are held.
    """
    manifests = [manifest_of(folder) for folder in (one, other)]
    labels = list(dict.fromkeys(label for manifest in manifests for label in manifest.labels))
    before, after = (
        _table(folder, manifest, labels)
        for folder, manifest in zip((one, other), manifests, strict=True)
    )
    _, at_before, at_after = np.intersect1d(
        before["key"], after["key"], assume_unique=True, return_indices=True
    )
    same = before[at_before], after[at_after]
    relabelled = same[1]["key"][same[0]["label"] != same[1]["label"]]
    moved = same[1]["key"][same[0]["split"] != same[1]["split"]]
    added = np.setdiff1d(after["key"], before["key"], assume_unique=True)
    removed = np.setdiff1d(before["key"], after["key"], assume_unique=True)
    return {
        "from": manifests[0].dataset_id,
        "to": manifests[1].dataset_id,
        "rows": {"before": len(before), "after": len(after), "same": len(at_before)},
        "added": _shown(other, manifests[1], added),
        "removed": _shown(one, manifests[0], removed),
        "relabelled": _shown(other, manifests[1], relabelled),
        "split_changed": _shown(other, manifests[1], moved),
        "settings": _changed(manifests[0].settings, manifests[1].settings),
    }


def _rows(folder: Path, manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    for label in manifest.labels:
        with (folder / f"{label}.jsonl").open("rb") as file:
            for line in file:
                yield label, orjson.loads(line)


def _table(folder: Path, manifest: Manifest, labels: list[str]) -> NDArray[Any]:
    kind = np.dtype([("key", np.int64), ("label", np.int8), ("split", np.int8)])
    size = sum(file.rows for file in manifest.files.values())
    rows = (
        (key_of_name(row["text"]), labels.index(label), CODES[row["split"]])
        for label, row in _rows(folder, manifest)
    )
    table = np.fromiter(rows, kind, size)
    return table[np.unique(table["key"], return_index=True)[1]]


def _shown(folder: Path, manifest: Manifest, keys: NDArray[np.int64]) -> dict[str, Any]:
    """How many, by label, source and split, and the first few."""
    counts: Counter[str] = Counter()
    examples: list[dict[str, str]] = []
    if len(keys):
        for label, row in _rows(folder, manifest):
            key = key_of_name(row["text"])
            place = min(int(np.searchsorted(keys, key)), len(keys) - 1)
            if keys[place] == key:
                counts[f"{label} / {row['source']} / {row['split']}"] += 1
                if len(examples) < SHOWN:
                    examples.append({"id": row["id"], "label": label, "text": row["text"][:80]})
    return {"rows": len(keys), "where": dict(sorted(counts.items())), "examples": examples}


def _changed(before: dict[str, Any], after: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Settings by dotted name, each as [before, after]."""
    found: dict[str, Any] = {}
    for name in sorted(before.keys() | after.keys()):
        one, other, here = before.get(name), after.get(name), f"{path}{name}"
        if isinstance(one, dict) and isinstance(other, dict):
            found |= _changed(one, other, f"{here}.")
        elif one != other:
            found[here] = [one, other]
    return found
