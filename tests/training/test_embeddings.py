import numpy as np

from mlproject.training.embeddings import SPREAD, cooccurrence


def texts() -> tuple[np.ndarray, np.ndarray]:
    """Tokens 1 and 2 each stand beside 3, tokens 4 and 5 each beside 6."""
    one = [1, 3, 3, 2, 3, 3, 1, 3]
    two = [4, 6, 6, 5, 6, 6, 4, 6]
    ids = np.array((one + two) * 20, dtype=np.int32)
    return ids, np.full(40, 8, dtype=np.int64)


def test_tokens_with_the_same_neighbours_are_alike() -> None:
    found = cooccurrence(*texts(), vocabulary=8, width=4)
    norms = np.linalg.norm(found, axis=1)

    def likeness(left: int, right: int) -> float:
        return float(found[left] @ found[right] / (norms[left] * norms[right]))

    assert likeness(1, 2) > 0.9
    assert likeness(1, 4) < 0.1


def test_the_numbers_are_spread_and_the_same_each_time() -> None:
    first, second = (cooccurrence(*texts(), vocabulary=8, width=4) for _ in range(2))
    assert np.array_equal(first, second)
    assert abs(float(first.std()) - SPREAD) < 1e-6


def test_more_columns_than_tokens_are_zero() -> None:
    assert not cooccurrence(*texts(), vocabulary=8, width=12)[:, 7:].any()
