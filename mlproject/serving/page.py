"""The page: one HTML file, with what it must know about the task put in."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from mlproject.errors import InputError
from mlproject.packaging.manifest import Manifest
from mlproject.task import load

FILE = Path(__file__).with_name("page.html")
SLOT = "/*setup*/null"

# The page loads nothing from elsewhere and may not be framed.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def render(manifest: Manifest) -> str:
    """The page for one model."""
    return _render(manifest.task, manifest.labels, manifest.positive, manifest.max_length)


@cache
def _render(task: str, labels: tuple[str, ...], positive: str | None, max_length: int) -> str:
    values = {
        "task": task,
        **_texts(task),
        "labels": labels,
        "positive": positive,
        "max_length": max_length,
    }
    setup = json.dumps(values, ensure_ascii=False).replace("<", "\\u003c")
    return FILE.read_text(encoding="utf-8").replace(SLOT, setup, 1)


def _texts(task: str) -> dict[str, Any]:
    try:
        found = load(task)
    except InputError:  # a task file of somebody's own is not in the package
        return {"title": task, "examples": []}
    return {"title": found.title, "examples": found.examples}
