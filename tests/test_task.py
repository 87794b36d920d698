"""Task files."""

from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.task import FOLDER, load


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_task_loads(path: Path) -> None:
    assert load(path.stem).name == path.stem


def test_an_unknown_task_names_the_shipped_ones() -> None:
    with pytest.raises(InputError, match="shipped tasks: legal"):
        load("nonsense")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("colour: red", "colour is not known"),
        ("positive: third", "label 'third' is not among labels"),
        ("labels: [one]", "labels"),
        ("training: {epochs: 0}", "training.epochs 0"),
        ("  - : [", "not YAML"),
    ],
)
def test_a_fault_is_one_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "task.yaml"
    head = {"name": "t", "title": "T", "labels": "[one, two]", "registered_model": "t"}
    text = "".join(f"{key}: {value}\n" for key, value in head.items() if not line.startswith(key))
    path.write_text(text + line + "\n")
    with pytest.raises(InputError) as caught:
        load(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
