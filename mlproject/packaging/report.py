"""What was tried, how fast and how faithful each was: part of a model's manifest."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Loss(Report):
    """What a metric loses on the slice where it loses most."""

    points: float  # 0 to 1
    slice: str


class Allowance(Report):
    """A slice that lost more than the rest may: no more than its smallest step is worth."""

    metric: str
    slice: str
    points: float  # 0 to 1
    allowed: float


class Fidelity(Report):
    """A candidate beside PyTorch and fp32."""

    texts: int
    agreement: float  # share of labels that are PyTorch's
    max_difference: float  # of a probability from PyTorch's
    mixed_texts: int  # asked alone and in batches of other texts
    mixed_labels: int  # of them with another label in a batch
    mixed_difference: float  # largest of a probability, alone and in a batch
    losses: dict[str, Loss] = Field(default_factory=dict)  # of F1 and average precision
    allowances: tuple[Allowance, ...] = ()  # that were used
    reason: str = ""  # why it is not served; empty: it passes


class Speed(Report):
    """On the machine that converted, with all its threads."""

    mean_ms: float  # of a text alone, over the lengths of the evaluation splits
    p50_ms: float
    p95_ms: float
    texts_per_second: float  # the same texts in batches


class Row(Report):
    """``fidelity`` is null for what is only timed, ``speed`` for what does not run here."""

    speed: Speed | None = None
    fidelity: Fidelity | None = None
    megabytes: float | None = None
    note: str = ""


class Conversion(Report):
    served: str
    rows: dict[str, Row]  # candidates, then what they are timed beside
    timed_texts: int
    timed_tokens: float  # mean length of the timed texts
    threads: int
    load: float  # of the machine when the timing began, per core

    def figures(self) -> dict[str, float]:
        """Figures by names as MLflow shows them."""
        result = {}
        for name, row in self.rows.items():
            if row.speed is not None:
                result[f"convert.{name}.mean_ms"] = row.speed.mean_ms
                result[f"convert.{name}.texts_per_second"] = row.speed.texts_per_second
            if row.fidelity is not None:
                result[f"convert.{name}.agreement"] = row.fidelity.agreement
        return result


def table(conversion: Conversion) -> str:
    """One line per row, for people."""
    width = max(len(name) for name in (*conversion.rows, "candidate"))
    head = f"{'candidate':{width}}  {'ms/text':>8}  {'p95':>7}  {'texts/s':>8}  {'MB':>7}"
    head += f"  {'labels':>8}  {'moved':>8}  {'F1 -':>6}  {'AP -':>6}  verdict"
    lines = [_line(f"{name:{width}}", name, row, conversion) for name, row in rows(conversion)]
    return "\n".join([head, *lines])


def rows(conversion: Conversion) -> list[tuple[str, Row]]:
    """The fastest first; what was not timed last."""
    known: Mapping[str, Row] = conversion.rows
    return sorted(
        known.items(), key=lambda item: item[1].speed.mean_ms if item[1].speed else float("inf")
    )


def _line(first: str, name: str, row: Row, conversion: Conversion) -> str:
    cells = [first]
    speed, fidelity = row.speed, row.fidelity
    cells += (
        [f"{speed.mean_ms:8.2f}", f"{speed.p95_ms:7.2f}", f"{speed.texts_per_second:8.1f}"]
        if speed
        else [f"{'-':>8}", f"{'-':>7}", f"{'-':>8}"]
    )
    cells.append(f"{row.megabytes:7.1f}" if row.megabytes is not None else f"{'-':>7}")
    if fidelity is None:
        cells += [f"{'-':>8}", f"{'-':>8}", f"{'-':>6}", f"{'-':>6}"]
        return "  ".join([*cells, row.note or "only timed"])
    cells += [f"{fidelity.agreement:8.2%}", f"{fidelity.max_difference:8.1e}"]
    for metric in ("f1", "average_precision"):
        loss = fidelity.losses.get(metric)
        cells.append(f"{100 * loss.points:6.2f}" if loss else f"{'-':>6}")
    verdict = "served" if name == conversion.served else (fidelity.reason or "passes")
    return "  ".join([*cells, verdict])
