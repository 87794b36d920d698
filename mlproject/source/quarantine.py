"""The rows that were not imported, with the reasons, in a file beside the state."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

MAX_ROW = 2000  # characters kept of a row


class Quarantine:
    """JSON Lines of ``{"file", "line", "reason", "row"}``, there as a whole when the block ends.

    A file without bad rows takes the one of an earlier import away.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.rows = 0
        self._partial = path.with_name(path.name + ".partial")
        self._file: TextIO | None = None

    def add(self, line: int, reason: str, row: Any) -> None:
        if self._file is None:
            self._partial.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("w", encoding="utf-8", errors="replace")
        text = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False, default=str)
        entry = {"file": self.name, "line": line, "reason": reason, "row": text[:MAX_ROW]}
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self.rows += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._partial.replace(self.path)
        elif kind is None:
            self.path.unlink(missing_ok=True)
