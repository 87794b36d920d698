from benchmarks.serving_runtimes import OURS, SHAPES, TIMES, measure
from mlproject.packaging.timing import Rows


def test_every_runtime_runs_every_shape_in_every_round_and_the_first_does_not_count() -> None:
    seen: dict[str, list[tuple[int, int]]] = {OURS: [], "other": []}

    def note(name: str, rows: Rows) -> None:
        seen[name].append((len(rows), len(rows[0])))

    runs = {name: (lambda rows, name=name: note(name, rows)) for name in seen}
    times = measure(runs, 2)
    assert set(times) == {(name, *shape) for name in seen for shape in SHAPES}
    assert seen[OURS] == seen["other"]
    assert len(seen[OURS]) == 3 * sum(TIMES if count == 1 else TIMES // 4 for count, _ in SHAPES)
