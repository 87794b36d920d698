"""Steps on a disk that is really full: one line, 75, nothing half-written taken for whole."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from mlproject.dataset.read import load
from mlproject.settings import Settings
from mlproject.store import corpus
from mlproject.store.connection import connect
from tests.source.file_server import FileServer, serving

ROOT = Path(__file__).resolve().parents[2]
TASK: dict[str, Any] = {"name": "t", "title": "T", "labels": ["no", "yes"], "registered_model": "t"}


class Disk:
    """A file system of its own, in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, size: str, *options: str) -> None:
        option = ",".join([f"size={size}", *options])
        command = ["mount", "-t", "tmpfs", "-o", option, "tmpfs", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Disk(folder)
    disk.mount("4m")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def step(
    verb: str, settings: Settings, disk: Disk, tmp_path: Path, **inputs: Any
) -> tuple[int, list[str]]:
    """Run a step on the disk; its exit code and its error lines."""
    (tmp_path / "in.json").write_text(json.dumps(inputs), "utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MLPROJECT_")}
    own = {
        "MLPROJECT_HOME": str(disk.folder),
        "MLPROJECT_DATABASE_URL": settings.database_url.get_secret_value(),
        "MLPROJECT_DOWNLOAD_HOSTS": ",".join(settings.download_hosts),
    }
    command = [sys.executable, "-m", "mlproject", verb, "--inputs", str(tmp_path / "in.json")]
    done = subprocess.run(
        [*command, "--result", str(disk.folder / "out.json")],
        cwd=ROOT,
        env=kept | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if " ERROR " in line]


def task_file(folder: Path, **values: Any) -> str:
    path = folder / "task.yaml"
    path.write_text(json.dumps(TASK | values), "utf-8")
    return str(path)


def test_an_export_leaves_nothing_and_succeeds_once_there_is_space(
    database: Settings, disk: Disk, tmp_path: Path
) -> None:
    rows = [
        corpus.NewText(f"hash{n}", f"{n}号" * 500, "yes" if n % 2 else "no", "s")
        for n in range(5000)
    ]
    with connect(database) as connection:
        corpus.store(connection, "t", "c", "MIT", "training", rows)
    plain = {"noise": {"examine": 0}, "profile": False, "near_duplicates": None}
    task = task_file(tmp_path, dataset=plain)

    code, errors = step("export", database, disk, tmp_path, task=task)
    assert code == 75
    assert len(errors) == 1
    assert f"export: no space left on the disk of {disk.folder}" in errors[0]
    assert disk.files() == ["datasets"]

    disk.mount("100m", "remount")
    assert step("export", database, disk, tmp_path, task=task) == (0, [])
    result = json.loads((disk.folder / "out.json").read_text("utf-8"))
    found = load(Path(result["dataset"]))
    assert sum(len(rows) for rows in found.splits.values()) == 5000


def test_an_import_goes_on_with_its_download_once_there_is_space(
    database: Settings, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    lines = [json.dumps({"q": f"{n} {'长' * 400}"}, ensure_ascii=False) for n in range(6000)]
    content = "\n".join(lines).encode()
    with serving(FileServer(content), authority) as server:
        settings = database.model_copy(update={"download_hosts": (server.host,)})
        digest = hashlib.sha256(content).hexdigest()
        entry = {"name": "q", "label": "yes", "fields": {"text": "q"}, "licence": "MIT"}
        task = task_file(tmp_path, corpora=[{**entry, "url": server.url, "sha256": digest}])

        code, errors = step("import-corpus", settings, disk, tmp_path, task=task)
        assert code == 75
        assert len(errors) == 1
        assert f"import-corpus: no space left on the disk of {disk.folder}" in errors[0]
        assert not list((disk.folder / "downloads").glob("*.jsonl"))

        disk.mount("100m", "remount")
        assert step("import-corpus", settings, disk, tmp_path, task=task) == (0, [])
        assert "Range" in server.asked[-1]
    assert json.loads((disk.folder / "out.json").read_text("utf-8"))["rows_new"] == 6000
