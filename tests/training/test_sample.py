from mlproject.dataset.read import Example
from mlproject.training.sample import sample

ROWS = [Example(str(n), f"text {n}", int(n % 10 == 0), "s") for n in range(100)]


def test_a_small_split_is_taken_whole() -> None:
    assert sample(ROWS, None, 1) == sample(ROWS, 100, 1) == ROWS


def test_of_each_label_about_as_many_in_their_order() -> None:
    found = sample(ROWS, 12, 1)
    assert sum(row.label for row in found) == 6
    assert len(found) == 12
    assert [int(row.id) for row in found] == sorted(int(row.id) for row in found)


def test_the_seed_decides() -> None:
    assert sample(ROWS, 10, 1) == sample(ROWS, 10, 1) != sample(ROWS, 10, 2)
