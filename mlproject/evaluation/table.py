"""Metrics as a table for people."""

from collections.abc import Mapping

COLUMNS = ("rows", "accuracy", "precision", "recall", "f1", "average_precision")


def render(rows: Mapping[str, Mapping[str, float]]) -> str:
    """One line per name, one column per metric; what is not there is a dash."""
    width = max(len(name) for name in ("part", *rows))
    head = "  ".join([f"{'part':{width}}", *(f"{_short(name):>9}" for name in COLUMNS)])
    lines = [head]
    for name, values in rows.items():
        cells = [_cell(values.get(column), column) for column in COLUMNS]
        lines.append("  ".join([f"{name:{width}}", *cells]))
    return "\n".join(lines)


def _short(column: str) -> str:
    return {"average_precision": "ap"}.get(column, column)


def _cell(value: float | None, column: str) -> str:
    if value is None:
        return f"{'-':>9}"
    return f"{value:>9,.0f}" if column == "rows" else f"{value:>9.3f}"
