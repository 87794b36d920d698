"""Splits by hash."""

from collections import Counter

from mlproject.dataset.split import SHARES, of_group


def test_a_group_is_always_in_the_same_split() -> None:
    assert {of_group("0f3a") for _ in range(10)} == {of_group("0f3a")}


def test_the_shares_are_kept() -> None:
    counts = Counter(of_group(str(number)) for number in range(20_000))
    for name, share in SHARES:
        assert abs(counts[name] / 20_000 - share) < 0.01
