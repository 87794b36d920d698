"""Metrics as tables for people."""

from collections.abc import Mapping, Sequence

from mlproject.evaluation.bootstrap import Interval
from mlproject.evaluation.measure import Metrics, Part
from mlproject.evaluation.metrics import RECALL_AT
from mlproject.evaluation.model import RANGES
from mlproject.evaluation.report import Evaluation

COLUMNS = (
    *("rows", "accuracy", "precision", "recall", "f1", "average_precision", RECALL_AT),
    "calibration_error",
)
SHORT = {"average_precision": "ap", RECALL_AT: "r@p.80", "calibration_error": "ece"}
SHARES = ("precision", "recall", "f1")  # of nothing to find they say nothing
WIDTH = 9
RANGE_WIDTH = 13


def render(rows: Mapping[str, Part]) -> str:
    """One line per part, one column per metric, two of them with 95 % intervals."""
    names = [*COLUMNS, *_headings()]
    lines = {
        name: [
            *_cells(part["metrics"]),
            *(
                _range(None if _without_positives(part["metrics"]) else part["intervals"].get(name))
                for name in RANGES
            ),
        ]
        for name, part in rows.items()
    }
    return _table("part", names, lines)


def intervals(rows: Mapping[str, Part]) -> str:
    """One line per part: the 95 % interval of every metric."""
    names = COLUMNS[1:]
    lines = {}
    for name, row in rows.items():
        hidden = SHARES if _without_positives(row["metrics"]) else ()
        found = {
            metric: values for metric, values in row["intervals"].items() if metric not in hidden
        }
        lines[name] = [_range(found.get(metric)) for metric in names]
    return _table("part, 95 %", names, lines, width=RANGE_WIDTH)


def comparison(models: Mapping[str, Mapping[str, Metrics]]) -> str:
    """One block per slice, one line per model; two metrics with 95 % intervals."""
    slices = list(dict.fromkeys(name for parts in models.values() for name in parts))
    lines = {
        f"{name}: {model}": [*_cells(parts[name]), *(_stated(parts[name], of) for of in RANGES)]
        for name in slices
        if name != "behaviour"
        for model, parts in models.items()
        if name in parts
    }
    blocks = [_table("slice: model", [*COLUMNS, *_headings()], lines)]
    if rates := {
        model: parts["behaviour"] for model, parts in models.items() if parts.get("behaviour")
    }:
        names = list(dict.fromkeys(name for values in rates.values() for name in values))
        names = [name for name in names if "." not in name]
        passed = {
            f"behaviour: {model}": [_cell(values.get(name)) for name in names]
            for model, values in rates.items()
        }
        blocks.append(_table("share of cases passed", names, passed, width=max(map(len, names))))
    prices = {
        model: values["cost_per_1000"]
        for model, parts in models.items()
        for values in parts.values()
        if "cost_per_1000" in values
    }
    blocks += [f"{model}: {price:.4f} per 1,000 posts" for model, price in prices.items()]
    return "\n\n".join(blocks)


def capabilities(evaluation: Evaluation) -> str:
    """Cases passed of each capability."""
    behaviour = evaluation["behaviour"]
    if behaviour is None:
        return ""
    lines = {
        name: [f"{rate['passed']:>{WIDTH}}", f"{rate['cases']:>{WIDTH}}", _cell(rate["rate"])]
        for name, rate in behaviour["rates"].items()
    }
    return _table("capability", ("passed", "cases", "rate"), lines)


def _table(
    first: str, names: Sequence[str], lines: Mapping[str, Sequence[str]], width: int = WIDTH
) -> str:
    left = max(len(name) for name in (first, *lines))
    head = [f"{first:{left}}"]
    for name in names:
        shown = SHORT.get(name, name)
        head.append(f"{shown:>{RANGE_WIDTH if shown.endswith('%') else max(width, WIDTH)}}")
    body = ["  ".join([f"{name:{left}}", *cells]) for name, cells in lines.items()]
    return "\n".join(["  ".join(head), *body])


def _cells(values: Mapping[str, float]) -> list[str]:
    cells = {name: _cell(values.get(name)) for name in COLUMNS}
    if "rows" in values:
        cells["rows"] = f"{values['rows']:>{WIDTH},.0f}"
    if _without_positives(values):
        cells |= dict.fromkeys(SHARES, _cell(None))
    return list(cells.values())


def _without_positives(values: Mapping[str, float]) -> bool:
    """Whether there is nothing to be found, so that finding nothing is no fault."""
    return values.get("true_positives") == values.get("false_negatives") == 0


def _cell(value: float | None) -> str:
    return f"{'-':>{WIDTH}}" if value is None else f"{value:>{WIDTH}.3f}"


def _headings() -> list[str]:
    return [f"{SHORT.get(name, name)} 95 %" for name in RANGES]


def _stated(values: Metrics, name: str) -> str:
    """The interval that a model's own metrics hold."""
    ends = (values.get(f"{name}_low"), values.get(f"{name}_high"))
    known = ends[0] is not None and ends[1] is not None and not _without_positives(values)
    return _range((ends[0] or 0.0, ends[1] or 0.0) if known else None)


def _range(values: Interval | None) -> str:
    shown = "-" if values is None else f"{values[0]:.3f}-{values[1]:.3f}"
    return f"{shown:>{RANGE_WIDTH}}"
