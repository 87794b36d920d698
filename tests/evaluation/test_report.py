from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.evaluation.report import read, write
from tests.evaluation_fixtures import evaluation


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "evaluation.json"
    write(path, evaluation(test={"f1": 0.5}))
    assert read(path) == evaluation(test={"f1": 0.5})
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "cannot be read as JSON"), ("{}", "no 'metrics'"), ("[]", "no 'metrics'")],
)
def test_another_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=says):
        read(tmp_path / "x.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.json"):
        read(tmp_path / "x.json")
