"""One row of a data set."""

from dataclasses import dataclass

from mlproject.dataset.split import Split


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    text: str
    label: str
    source: str
    split: Split
    group: str  # rows of one group are never in two splits
