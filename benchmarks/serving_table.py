"""The table that ``benchmarks.serving`` prints, in Markdown."""

from dataclasses import dataclass

HEAD = ("row", "ours", "compared with", "found", "target", "limit", "CPU", "others", "")


@dataclass(frozen=True)
class Row:
    """One figure and its target."""

    name: str
    ours: str
    peer: str
    found: float
    unit: str
    target: float | None  # None: only for comparison
    at_most: bool = False  # the target is the most, not the least
    limit: float | None = None  # what ``found`` would be if the model alone cost time
    cpu: float | None = None  # how many times the processor time of ours the peer takes
    others: float = 0.0  # share of all cores that other processes took meanwhile

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.found <= self.target if self.at_most else self.found >= self.target

    def cells(self) -> tuple[str, ...]:
        sign = "≤" if self.at_most else "≥"
        target = "" if self.target is None else f"{sign} {self.target:g} {self.unit}"
        limit = "" if self.limit is None else f"{self.limit:.2f} {self.unit}"
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        found = f"{self.found:.2f} {self.unit}"
        cpu = "" if self.cpu is None else f"{self.cpu:.2f} ×"
        return (
            self.name,
            self.ours,
            self.peer,
            found,
            target,
            limit,
            cpu,
            f"{self.others:.0%}",
            verdict,
        )


def head() -> str:
    return f"{line(HEAD)}\n{line(['---'] * len(HEAD))}"


def line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
