import numpy as np
import torch

from mlproject.training.batches import by_length, shuffled, within

CPU = torch.device("cpu")
LENGTHS = np.random.default_rng(0).integers(3, 128, 1_000)


def rows(seed: int, epoch: int, skip: int = 0) -> list[list[int]]:
    return [batch.tolist() for batch in shuffled(1_000, 16, seed, epoch, skip)]


def test_every_text_once() -> None:
    assert sorted(row for batch in rows(1, 1) for row in batch) == list(range(1_000))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    assert rows(1, 1) == rows(1, 1)
    assert rows(1, 1) != rows(1, 2)
    assert rows(1, 1) != rows(2, 1)


def test_skipping_goes_on_where_it_stopped() -> None:
    assert rows(1, 1, skip=7) == rows(1, 1)[7:]


def test_parts_hold_every_text_once_and_no_more_tokens_than_fit() -> None:
    batch = np.array(rows(1, 1)[0])
    parts = list(within(batch, LENGTHS, 300))
    assert sorted(np.concatenate(parts).tolist()) == sorted(batch.tolist())
    assert all(LENGTHS[part].sum() <= 300 for part in parts)
    assert len(parts) < len(batch) / 2


def test_a_text_that_is_longer_than_a_part_is_one_by_itself() -> None:
    parts = within(np.array([0, 1, 2]), np.array([5, 90, 80]), 20)
    assert [part.tolist() for part in parts] == [[0], [2], [1]]


def test_by_length_covers_all_in_order() -> None:
    batches, order = by_length(LENGTHS, 16, CPU)
    found = np.concatenate([batch.rows.numpy() for batch in batches])
    assert np.array_equal(found, order)
    assert np.all(np.diff(LENGTHS[found]) >= 0)
