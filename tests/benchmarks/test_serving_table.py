"""The table of the serving benchmark."""

import pytest

from benchmarks.serving_table import HEAD, Row, head, line

ROW = Row("questions", "57.3/s", "Flask: 51.7/s", 1.11, "×", 1.0, limit=1.3, cpu=1.25, others=0.17)


def test_every_column_of_the_head_has_its_cell() -> None:
    found = dict(zip(HEAD, ROW.cells(), strict=True))
    assert found["limit"] == "1.30 ×"
    assert found["CPU"] == "1.25 ×"
    assert found["others"] == "17%"
    assert found[""] == "met"
    assert line(ROW.cells()).count("|") == head().splitlines()[0].count("|")


@pytest.mark.parametrize(
    ("found", "target", "at_most", "says"),
    [
        (1.0, 1.0, False, "met"),
        (0.9, 1.0, False, "MISSED"),
        (0.9, 1.0, True, "met"),
        (1.1, 1.0, True, "MISSED"),
        (float("inf"), 40.0, False, "met"),
        (2.0, None, False, ""),
    ],
)
def test_the_verdict(found: float, target: float | None, at_most: bool, says: str) -> None:
    assert Row("", "", "", found, "×", target, at_most).cells()[-1] == says
