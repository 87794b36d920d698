"""Caps and shares."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlproject.dataset.balance import surplus
from mlproject.dataset.columns import Columns
from mlproject.dataset.options import Balance
from mlproject.dataset.row import Candidate


def candidate(number: int, label: str, source: str, length: int) -> Candidate:
    return Candidate(str(number), chr(0x4E00 + number) * length, label, source)


@pytest.fixture
def columns(tmp_path: Path) -> Columns:
    """200 wanted texts of 30 characters; 300 others of 30, 100 of 6 and 100 of 300."""
    rows = [("consultation", "q", 30)] * 200 + [("other", "easy", 30)] * 300
    rows += [("other", "easy", 6)] * 100 + [("other", "hard", 300)] * 100
    found = Columns(tmp_path / "rows", ["other", "consultation"])
    found.fill(candidate(number, *row) for number, row in enumerate(rows))
    return found


def left(columns: Columns, fixed: Any = None, **options: Any) -> Counter[tuple[str, int]]:
    """Rows by label and length that are left."""
    held = np.zeros(len(columns), bool) if fixed is None else fixed
    rows = surplus(Balance.model_validate(options), columns, ~held, held, 1)
    assert not held[rows].any()
    kept = np.ones(len(columns), bool)
    kept[rows] = False
    return Counter(
        (columns.label_names[columns.labels[place]], int(columns.lengths[place]))
        for place in np.flatnonzero(kept)
    )


def test_nothing_is_left_out_unless_told(columns: Columns) -> None:
    assert left(columns).total() == 700


def test_a_cap_on_each_source(columns: Columns) -> None:
    found = left(columns, per_source=150)
    assert found["consultation", 30] == 150
    assert found["other", 30] + found["other", 6] == 150
    assert found["other", 300] == 100


def test_a_cap_on_each_class(columns: Columns) -> None:
    found = left(columns, per_class=120)
    assert sum(n for (label, _), n in found.items() if label == "other") == 120
    assert found["consultation", 30] == 120


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_the_share_of_hard_negatives(columns: Columns, share: float) -> None:
    rule = {"label": "other", "sources": ["hard", "missing"], "share": share}
    found = left(columns, hard_negatives=rule)
    others = found["other", 30] + found["other", 6] + found["other", 300]
    assert found["other", 300] / others == pytest.approx(share, abs=0.01)


def test_the_share_of_short_texts(columns: Columns) -> None:
    found = left(columns, short={"below": 10, "share": 0.1})
    others = found["other", 30] + found["other", 6] + found["other", 300]
    assert found["other", 6] / others == pytest.approx(0.1, abs=0.01)


def test_shapes_are_those_of_the_wanted_label(columns: Columns) -> None:
    found = left(columns, match_shapes={"ratio": 1, "floor": 0})
    assert found == {("consultation", 30): 200, ("other", 30): 200}


def test_a_few_texts_of_every_shape_stay(columns: Columns) -> None:
    found = left(columns, match_shapes={"ratio": 2, "floor": 0.05})
    assert found == {("consultation", 30): 200, ("other", 30): 300, ("other", 6): 20,
                     ("other", 300): 20}  # fmt: skip


def test_rows_that_are_fixed_are_kept_and_counted(columns: Columns) -> None:
    fixed = np.zeros(len(columns), bool)
    fixed[600:660] = True  # long ones
    found = left(columns, fixed, match_shapes={"ratio": 1, "floor": 0})
    assert found["other", 300] == 60


def test_who_is_kept_of_some_is_kept_of_more(tmp_path: Path) -> None:
    rows = [candidate(number, "other", "s", 30) for number in range(400)]
    kept = []
    for number in (200, 400):
        columns = Columns(tmp_path / str(number), ["other"])
        columns.fill(rows[:number])
        free = np.ones(number, bool)
        out = surplus(Balance(per_source=100), columns, free, ~free, 0)
        kept.append(set(range(200)) - set(out.tolist()))
    assert kept[1] <= kept[0]
