"""The model's time beside the processor's limit."""

import pytest

from benchmarks import int8
from benchmarks.serving_limit import REFERENCE, rows


@pytest.mark.parametrize(("tokens", "most"), [(32, 1.9), (64, 1.7), (128, 1.5)])
def test_each_length_has_its_target(tokens: int, most: float) -> None:
    least, usual = REFERENCE[tokens]
    for found, met in ((0.99 * most, True), (1.01 * most, False)):
        assert [row.met for row in rows(tokens, found * least, usual, 1.0, 0.0)] == [met, None]


def test_a_machine_where_onnxruntime_takes_half_has_half_the_limit_of_the_reference() -> None:
    reference, own = rows(32, 6.2, 6.6, 2.0, 0.0)
    assert reference.cells()[2:5] == ("int8 limit: 3.1 ms", "2.00 ×", "≤ 1.9 ×")
    assert own.cells()[2:5] == ("int8 limit, own pace: 2.0 ms", "3.10 ×", "")


def test_the_limit_grows_with_the_work_and_no_form_is_faster_than_nothing() -> None:
    short, long = int8.measure(1, 1, 1, [(1, 4), (1, 64)])
    assert (short.tokens, long.tokens) == (4, 64)
    assert set(short.forms) == set(int8.NAMES)
    assert 0 < short.limit < long.limit
    assert long.ratio == long.forms["static"] / long.limit
