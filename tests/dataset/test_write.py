"""The data-set folder."""

import hashlib
import json
from pathlib import Path

from mlproject.dataset.row import Row
from mlproject.dataset.write import write
from mlproject.task import load

TASK = load("legal")
ROWS = [
    Row("a", "押金不退怎么办", "consultation", "q", "train", "1"),
    Row("b", "借钱", "other", "everyday", "test", "2"),
    Row("c", "今天天气不错", "other", "everyday", "train", "3"),
]


def test_the_same_rows_are_the_same_folder(tmp_path: Path) -> None:
    assert write(tmp_path, TASK, ROWS, {}) == write(tmp_path, TASK, ROWS, {})
    assert len(list(tmp_path.iterdir())) == 1


def test_another_row_is_another_folder(tmp_path: Path) -> None:
    assert write(tmp_path, TASK, ROWS, {}) != write(tmp_path, TASK, ROWS[:2], {})


def test_the_manifest_says_what_is_in_the_files(tmp_path: Path) -> None:
    folder = write(tmp_path, TASK, ROWS, {"titles": True})
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["dataset_id"] == folder.name
    assert manifest["counts"] == {
        "consultation": {"q": {"train": 1}},
        "other": {"everyday": {"test": 1, "train": 1}},
    }
    assert manifest["lengths"]["other"]["max"] == 6
    for name, entry in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(data).hexdigest(), "rows": len(data.splitlines())}


def test_each_line_is_one_object_of_its_label(tmp_path: Path) -> None:
    folder = write(tmp_path, TASK, ROWS, {})
    lines = (folder / "consultation.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": "a", "text": "押金不退怎么办", "source": "q", "split": "train"}
    ]


def test_an_interrupted_export_leaves_no_half_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, TASK, ROWS, {})
    broken = folder.with_name(folder.name + ".partial")
    folder.rename(broken)
    (broken / "manifest.json").unlink()
    assert (write(tmp_path, TASK, ROWS, {}) / "manifest.json").is_file()
    assert not broken.exists()
