"""How fast several models answer the same texts, in turns, so that all have the same neighbours."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mlproject.packaging.report import Speed
from mlproject.serving.capacity import BATCH_TOKENS
from mlproject.serving.predictor import batches

ROUNDS = (2, 5)  # at least, at most

Rows = Sequence[Sequence[int]]  # token ids of several texts
Run = Callable[[Rows], object]


def spread(rows: Rows, number: int) -> list[Sequence[int]]:
    """``number`` of the rows, as evenly over their lengths as they are: the shortest first."""
    order = sorted(rows, key=len)
    places = np.linspace(0, len(order) - 1, min(number, len(order))).round().astype(int)
    return [order[place] for place in places]


def race(runs: Mapping[str, Run], rows: Rows, seconds: float) -> dict[str, Speed]:
    """Each text's fastest of several rounds: what else the machine does slows only some of them.

    ``seconds``: no further round is begun after so many.
    """
    for run in runs.values():
        run([rows[-1]])  # the longest: memory is there from now on
    parts = [
        [rows[index] for index in part] for part in batches(list(map(len, rows)), BATCH_TOKENS)
    ]
    single = dict.fromkeys(runs, np.full(len(rows), np.inf))
    joint = dict.fromkeys(runs, np.full(len(parts), np.inf))
    begun = time.perf_counter()
    for done in range(ROUNDS[1]):
        if done >= ROUNDS[0] and time.perf_counter() - begun > seconds:
            break
        for fastest, tasks in ((single, [[row] for row in rows]), (joint, parts)):
            taken = _round(runs, tasks)
            for name in runs:
                fastest[name] = np.minimum(fastest[name], taken[name])
    return {name: _speed(single[name], float(joint[name].sum())) for name in runs}


def _round(runs: Mapping[str, Run], tasks: Sequence[Rows]) -> dict[str, np.ndarray]:
    """Seconds of each task (tasks,)."""
    taken = {name: np.empty(len(tasks)) for name in runs}
    for index, task in enumerate(tasks):
        for name, run in runs.items():
            started = time.perf_counter()
            run(task)
            taken[name][index] = time.perf_counter() - started
    return taken


def _speed(single: np.ndarray, joint: float) -> Speed:
    middle, late = np.quantile(single, (0.5, 0.95))
    return Speed(
        mean_ms=float(single.mean()) * 1e3,
        p50_ms=float(middle) * 1e3,
        p95_ms=float(late) * 1e3,
        texts_per_second=len(single) / joint,
    )
