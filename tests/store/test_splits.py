"""The splits of texts in a real Postgres."""

import numpy as np
import pytest

from mlproject.dataset.split import NONE, TEST, TRAIN
from mlproject.settings import Settings
from mlproject.store import splits
from mlproject.store.connection import connect

KEYS = np.array([-(2**63), -1, 0, 7, 2**63 - 1], np.int64)


def test_a_text_without_a_split_has_none(database: Settings) -> None:
    with connect(database) as connection:
        assert splits.of(connection, "legal", KEYS).tolist() == [NONE] * 5


def test_splits_are_kept_for_each_task(database: Settings) -> None:
    with connect(database) as connection:
        splits.keep(connection, "legal", KEYS, np.array([TRAIN, TEST, TRAIN, TEST, TRAIN], np.int8))
        found = splits.of(connection, "legal", KEYS[[4, 3, 2, 1, 0, 3]])
        assert found.tolist() == [TRAIN, TEST, TRAIN, TEST, TRAIN, TEST]
        assert splits.of(connection, "legal", np.array([8, 9], np.int64)).tolist() == [NONE, NONE]
        assert splits.of(connection, "resume", KEYS).tolist() == [NONE] * 5


def test_splits_of_many_texts_come_batch_by_batch(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splits, "BATCH", 7)
    keys = np.arange(-50, 50, dtype=np.int64) * 3
    codes = np.where(keys % 2, TEST, TRAIN).astype(np.int8)
    with connect(database) as connection:
        splits.keep(connection, "legal", keys, codes)
        found = splits.of(connection, "legal", np.arange(-151, 151, dtype=np.int64)[::-1])
    expected = {int(key): int(code) for key, code in zip(keys, codes, strict=True)}
    assert found.tolist() == [expected.get(key, NONE) for key in range(150, -152, -1)]


def test_a_new_split_replaces_the_old_one(database: Settings) -> None:
    with connect(database) as connection:
        for code in (TRAIN, TEST):
            splits.keep(connection, "legal", KEYS[:1], np.array([code], np.int8))
        assert splits.of(connection, "legal", KEYS[:1]).tolist() == [TEST]
