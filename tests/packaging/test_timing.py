"""Several models on the same texts, in turns."""

import pytest

from mlproject.packaging.timing import ROUNDS, Rows, race, spread

TEXTS = [[1] * length for length in (9, 1, 5, 3, 7)]


def test_the_texts_are_spread_over_the_lengths() -> None:
    assert [len(row) for row in spread(TEXTS, 3)] == [1, 5, 9]
    assert [len(row) for row in spread(TEXTS, 100)] == [1, 3, 5, 7, 9]


def test_every_model_answers_every_text_alone_and_in_batches() -> None:
    asked: dict[str, list[int]] = {"a": [], "b": []}

    def noting(name: str, rows: Rows) -> None:
        asked[name].append(len(rows))

    runs = {name: (lambda rows, name=name: noting(name, rows)) for name in asked}
    found = race(runs, spread(TEXTS, 5), seconds=1e-9)
    assert asked["a"] == asked["b"] == [1] + ROUNDS[0] * [1, 1, 1, 1, 1, 5]
    assert set(found) == {"a", "b"}


def test_the_slower_one_is_the_slower_one() -> None:
    def slow(rows: Rows) -> None:
        sum(range(200_000))

    found = race({"fast": len, "slow": slow}, spread(TEXTS, 5), seconds=0.1)
    assert found["slow"].mean_ms > found["fast"].mean_ms
    assert found["slow"].p50_ms <= found["slow"].p95_ms
    assert found["slow"].texts_per_second == pytest.approx(5_000 / found["slow"].mean_ms, rel=10)
