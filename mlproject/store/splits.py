"""Which split each text of a task was given, so that it keeps it."""

import io
from array import array

import numpy as np
from numpy.typing import NDArray
from psycopg2.extensions import connection as Connection

from mlproject.dataset.split import NONE

BATCH = 50_000  # rows

KEEP = """
INSERT INTO text_split AS old (task, key, split)
SELECT %s, key, split FROM given ORDER BY key
ON CONFLICT (task, key) DO UPDATE SET split = excluded.split
WHERE old.split IS DISTINCT FROM excluded.split
"""


class Splits:
    """The splits of a task's texts: 9 bytes each."""

    def __init__(self, keys: NDArray[np.int64], splits: NDArray[np.int8]) -> None:
        self._keys, self._splits = keys, splits

    def of(self, keys: NDArray[np.int64]) -> NDArray[np.int8]:
        """The split of each key (its position in ``split.SPLITS``), NONE where it had none."""
        if not len(self._keys):
            return np.full(len(keys), NONE, np.int8)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[places] == keys, self._splits[places], np.int8(NONE))


def read(connection: Connection, task: str) -> Splits:
    keys, splits = array("q"), array("b")
    with connection.cursor(name="text_split") as cursor:
        cursor.itersize = BATCH
        cursor.execute("SELECT key, split FROM text_split WHERE task = %s ORDER BY key", (task,))
        while rows := cursor.fetchmany(BATCH):
            keys.extend(key for key, _ in rows)
            splits.extend(split for _, split in rows)
    return Splits(np.array(keys, np.int64), np.array(splits, np.int8))


def keep(
    connection: Connection, task: str, keys: NDArray[np.int64], splits: NDArray[np.int8]
) -> None:
    """Note the splits of texts; what a text had before is replaced."""
    if not len(keys):
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE given (key bigint, split smallint) ON COMMIT DROP")
        for begin in range(0, len(keys), BATCH):
            pairs = zip(
                keys[begin : begin + BATCH].tolist(),
                splits[begin : begin + BATCH].tolist(),
                strict=True,
            )
            lines = io.StringIO("".join(f"{key}\t{split}\n" for key, split in pairs))
            cursor.copy_expert("COPY given (key, split) FROM STDIN", lines)
        cursor.execute(KEEP, (task,))
        cursor.execute("DROP TABLE given")
