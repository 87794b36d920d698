"""The splits of texts in a real Postgres."""

import numpy as np

from mlproject.dataset.split import NONE, TEST, TRAIN
from mlproject.settings import Settings
from mlproject.store import splits
from mlproject.store.connection import connect

KEYS = np.array([-(2**63), -1, 0, 7, 2**63 - 1], np.int64)


def test_a_text_without_a_split_has_none(database: Settings) -> None:
    with connect(database) as connection:
        assert splits.read(connection, "legal").of(KEYS).tolist() == [NONE] * 5


def test_splits_are_kept_for_each_task(database: Settings) -> None:
    with connect(database) as connection:
        splits.keep(connection, "legal", KEYS, np.array([TRAIN, TEST, TRAIN, TEST, TRAIN], np.int8))
        found = splits.read(connection, "legal")
        assert found.of(KEYS[::-1]).tolist() == [TRAIN, TEST, TRAIN, TEST, TRAIN]
        assert found.of(np.array([8, 9], np.int64)).tolist() == [NONE, NONE]
        assert splits.read(connection, "resume").of(KEYS).tolist() == [NONE] * 5


def test_a_new_split_replaces_the_old_one(database: Settings) -> None:
    with connect(database) as connection:
        for code in (TRAIN, TEST):
            splits.keep(connection, "legal", KEYS[:1], np.array([code], np.int8))
        assert splits.read(connection, "legal").of(KEYS[:1]).tolist() == [TEST]
