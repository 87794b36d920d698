import json
import os
from pathlib import Path

import pytest

from mlproject.dataset.read import Example, find, load
from mlproject.errors import InputError
from mlproject.task import load as load_task
from tests.dataset_fixtures import Row, write

ROWS = [
    Row("1", "天气真好\u2028第二行", "other", "forum", "train"),
    Row("2", "房东不退押金", "consultation", "corpus", "train"),
    Row("3", "借钱", "other", "forum", "in_domain"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, load_task("legal"), ROWS)


def test_rows_come_back_by_split_with_the_label_s_position(folder: Path) -> None:
    dataset = load(folder)
    assert dataset.splits == {
        "train": [
            Example("1", "天气真好\u2028第二行", 0, "forum"),
            Example("2", "房东不退押金", 1, "corpus"),
        ],
        "in_domain": [Example("3", "借钱", 0, "forum")],
    }
    assert dataset.manifest.dataset_id == folder.name


def test_a_changed_file_is_refused(folder: Path) -> None:
    with (folder / "other.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(InputError, match=r"other\.jsonl: sha256 .* is not the manifest's"):
        load(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "other.jsonl").unlink()
    with pytest.raises(InputError, match=r"No such file or directory: other\.jsonl"):
        load(folder)


def test_a_manifest_that_does_not_fit_is_named(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["labels"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="labels: Field required"):
        load(folder)


def test_a_data_set_is_found_by_folder_id_and_age(folder: Path) -> None:
    home = folder.parent
    newer = write(home, load_task("legal"), ROWS[:2])
    os.utime(folder / "manifest.json", (1, 1))
    assert find(str(folder), Path("elsewhere"), "legal") == folder
    assert find(folder.name, home, "legal") == folder
    assert find("", home, "legal") == newer


@pytest.mark.parametrize(("name", "says"), [("0000", "'0000'"), ("", "run the step export")])
def test_none_is_said(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        find(name, tmp_path, "legal")
