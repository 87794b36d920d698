"""Which split each text of a task was given, so that it keeps it."""

import io

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


def of(connection: Connection, task: str, keys: NDArray[np.int64]) -> NDArray[np.int8]:
    """The split of each text (its position in ``split.SPLITS``), NONE where it had none.

    All splits of the task are streamed by; only those of a batch are in memory.
    """
    found = np.full(len(keys), NONE, np.int8)
    order = np.argsort(keys).astype(np.int32)
    ordered = keys[order]
    with connection.cursor(name="text_split") as cursor:
        cursor.itersize = BATCH
        cursor.execute("SELECT key, split FROM text_split WHERE task = %s ORDER BY key", (task,))
        while rows := cursor.fetchmany(BATCH):
            known = np.array([key for key, _ in rows], np.int64)
            splits = np.array([split for _, split in rows], np.int8)
            first = np.searchsorted(ordered, known[0])
            last = np.searchsorted(ordered, known[-1], side="right")
            asked = ordered[first:last]
            places = np.searchsorted(known, asked)
            hits = known[places] == asked
            found[order[first:last][hits]] = splits[places[hits]]
    return found


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
