"""The model's time beside the processor's limit."""

import pytest

from benchmarks import int8
from benchmarks.serving_limit import row


@pytest.mark.parametrize(("tokens", "most"), [(32, 1.9), (64, 1.7), (128, 1.5)])
def test_each_length_has_its_target(tokens: int, most: float) -> None:
    assert row(tokens, 10 * most, 10.0, 0.0).met
    assert not row(tokens, 10.2 * most, 10.0, 0.0).met
    assert row(tokens, 15.0, 10.0, 0.0).cells()[2:5] == (
        *("int8 limit: 10.0 ms", "1.50 ×", f"≤ {most:g} ×"),
    )


def test_the_limit_grows_with_the_work_and_no_form_is_faster_than_nothing() -> None:
    short, long = int8.measure(1, 1, 1, [(1, 4), (1, 64)])
    assert (short.tokens, long.tokens) == (4, 64)
    assert set(short.forms) == set(int8.NAMES)
    assert 0 < short.limit < long.limit
    assert long.ratio == long.forms["static"] / long.limit
