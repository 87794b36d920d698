import numpy as np
import torch

from mlproject.training.batches import by_length, shuffled

CPU = torch.device("cpu")
LENGTHS = np.random.default_rng(0).integers(3, 128, 1_000)


def rows(seed: int, epoch: int, skip: int = 0) -> list[list[int]]:
    batches = shuffled(LENGTHS, 16, seed, epoch, CPU, skip)
    return [batch.rows.tolist() for batch in batches]


def test_every_text_once() -> None:
    assert sorted(row for batch in rows(1, 1) for row in batch) == list(range(1_000))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    assert rows(1, 1) == rows(1, 1)
    assert rows(1, 1) != rows(1, 2)
    assert rows(1, 1) != rows(2, 1)


def test_skipping_goes_on_where_it_stopped() -> None:
    assert rows(1, 1, skip=7) == rows(1, 1)[7:]


def test_little_is_padded() -> None:
    padded = sum(b.length * len(b.rows) for b in shuffled(LENGTHS, 16, 1, 1, CPU))
    assert padded < 1.1 * LENGTHS.sum()


def test_by_length_covers_all_in_order() -> None:
    batches, order = by_length(LENGTHS, 16, CPU)
    found = np.concatenate([batch.rows.numpy() for batch in batches])
    assert np.array_equal(found, order)
    assert np.all(np.diff(LENGTHS[found]) >= 0)
