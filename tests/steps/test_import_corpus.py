"""The step import-corpus on a real Postgres."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import trustme

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.steps import import_corpus
from mlproject.steps.import_corpus import Inputs
from mlproject.store import corpus, reviews
from mlproject.store.connection import connect
from tests.source.file_server import FileServer, serving
from tests.steps.corpora import files_of, lines, post, stored, task_file


def test_a_second_import_changes_nothing(database: Settings, tmp_path: Path) -> None:
    lines(tmp_path / "everyday.jsonl", [{"content": "借钱"}, {"content": "天气"}])
    lines(tmp_path / "reviewed_posts.jsonl", [post(1, 1), post(2, 0)])
    first = import_corpus.run(files_of(tmp_path), database)
    second = import_corpus.run(files_of(tmp_path), database)
    assert (first["rows_read"], first["rows_new"]) == (4, 4)
    assert (second["rows_new"], second["rows_changed"]) == (0, 0)


def test_another_label_for_the_same_text_is_a_change(database: Settings, tmp_path: Path) -> None:
    lines(tmp_path / "everyday.jsonl", [{"content": "借钱"}])
    import_corpus.run(files_of(tmp_path), database)
    (tmp_path / "everyday.jsonl").unlink()
    lines(tmp_path / "consultations.jsonl", [{"content": "借钱 "}])
    assert import_corpus.run(files_of(tmp_path), database)["rows_changed"] == 1


def test_the_latest_review_counts(database: Settings, tmp_path: Path) -> None:
    for label in (0, 1):
        lines(tmp_path / "reviewed_posts.jsonl", [post(1, label)])
        import_corpus.run(files_of(tmp_path), database)
    with connect(database) as connection:
        (latest,) = reviews.latest(connection, "legal")
    assert latest.label == "consultation"


def test_an_unknown_corpus_is_named(database: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nonsense' is unknown"):
        import_corpus.run(Inputs(folder=tmp_path, corpora=("nonsense",)), database)


def test_an_empty_folder_says_what_was_looked_for(database: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the task's files: consultations\.jsonl"):
        import_corpus.run(Inputs(folder=tmp_path), database)


def test_a_file_beside_the_task_file_is_imported_with_any_folder(
    database: Settings, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    lines(tmp_path / "q.jsonl", [{"q": "x"}])
    inputs = Inputs(task=task_file(tmp_path, file="q.jsonl"), folder=tmp_path / "data")
    assert import_corpus.run(inputs, database)["rows_new"] == 1


def test_a_file_in_the_folder_comes_before_one_beside_the_task_file(
    database: Settings, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    lines(tmp_path / "q.jsonl", [{"q": "x"}])
    lines(tmp_path / "data" / "q.jsonl", [{"q": "y"}, {"q": "z"}])
    inputs = Inputs(task=task_file(tmp_path, file="q.jsonl"), folder=tmp_path / "data")
    assert import_corpus.run(inputs, database)["rows_new"] == 2


def test_a_text_that_is_there_twice_is_stored_once_as_it_came_first(
    database: Settings, tmp_path: Path
) -> None:
    lines(tmp_path / "everyday.jsonl", [{"content": "借钱"}, {"content": "借 钱"}] * 3)
    assert import_corpus.run(files_of(tmp_path), database)["rows_new"] == 1
    with connect(database) as connection:
        assert [text.text for text in corpus.read(connection, "legal")] == ["借钱"]


def test_bad_rows_are_set_apart_with_line_and_reason(database: Settings, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"content": f"第{number}行"} for number in range(40)]
    lines(tmp_path / "everyday.jsonl", [*rows, {"content": 3}])
    result = import_corpus.run(files_of(tmp_path), database)
    (place,) = result["quarantine"]
    entry = json.loads(Path(place).read_text("utf-8"))
    assert (result["rows_rejected"], result["rows_new"]) == (1, 40)
    assert Path(place) == database.home / "quarantine" / "legal" / "everyday.jsonl"
    assert entry == {
        "file": "everyday.jsonl",
        "line": 41,
        "reason": "content is not text",
        "row": '{"content": 3}',
    }


def test_a_file_put_right_leaves_no_quarantine(database: Settings, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"content": f"第{number}行"} for number in range(40)]
    lines(tmp_path / "everyday.jsonl", [*rows, {"content": ""}])
    import_corpus.run(files_of(tmp_path), database)
    lines(tmp_path / "everyday.jsonl", rows)
    assert import_corpus.run(files_of(tmp_path), database)["quarantine"] == []
    assert not list((database.home / "quarantine" / "legal").iterdir())


def test_a_file_with_many_bad_rows_stores_nothing_but_the_reasons(
    database: Settings, tmp_path: Path
) -> None:
    lines(tmp_path / "consultations.jsonl", [{"content": "押金不退"}])
    rows: list[dict[str, Any]] = [{"content": f"第{number}行"} for number in range(7000)]
    lines(tmp_path / "everyday.jsonl", [*rows, *[{"text": "x"}] * 400])
    with pytest.raises(InputError, match=r"400 of 7400 rows of .*everyday\.jsonl are bad"):
        import_corpus.run(files_of(tmp_path), database)
    assert stored(database) == 1  # of the file before
    quarantine = database.home / "quarantine" / "legal" / "everyday.jsonl"
    assert len(quarantine.read_text("utf-8").splitlines()) == 400


def test_a_repeated_review_in_one_file_is_said_once_and_the_last_counts(
    database: Settings, tmp_path: Path
) -> None:
    lines(tmp_path / "reviewed_posts.jsonl", [post(1, 1), post(1, 1), post(1, 0)])
    assert import_corpus.run(files_of(tmp_path), database)["rows_new"] == 2
    with connect(database) as connection:
        (latest,) = reviews.latest(connection, "legal")
    assert latest.label == "other"


@pytest.fixture
def server(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileServer]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with serving(FileServer(b'{"q": "x"}\n{"q": "y"}\n'), authority) as server:
        yield server


def test_a_corpus_comes_from_its_address(
    database: Settings, server: FileServer, tmp_path: Path
) -> None:
    settings = database.model_copy(update={"download_hosts": (server.host,)})
    digest = hashlib.sha256(server.content).hexdigest()
    inputs = Inputs(task=task_file(tmp_path, url=server.url, sha256=digest), folder=tmp_path)
    first, second = (import_corpus.run(inputs, settings) for _ in range(2))
    assert (first["files"], first["rows_new"], second["rows_new"]) == ([server.url], 2, 0)
    assert len(server.asked) == 1


def test_a_packed_corpus_comes_from_its_address(
    database: Settings, server: FileServer, tmp_path: Path
) -> None:
    settings = database.model_copy(update={"download_hosts": (server.host,)})
    server.content = gzip.compress(server.content)
    digest = hashlib.sha256(server.content).hexdigest()
    task = task_file(tmp_path, url=f"{server.url}.gz", sha256=digest)
    found = import_corpus.run(Inputs(task=task, folder=tmp_path), settings)
    assert (found["rows_read"], found["rows_new"], stored(database)) == (2, 2, 2)


def test_a_host_that_is_not_allowed_is_not_asked(
    database: Settings, server: FileServer, tmp_path: Path
) -> None:
    inputs = Inputs(task=task_file(tmp_path, url=server.url), folder=tmp_path)
    with pytest.raises(InputError, match="MLPROJECT_DOWNLOAD_HOSTS"):
        import_corpus.run(inputs, database)
    assert server.asked == []


def test_a_corpus_that_is_off_is_imported_only_by_name(database: Settings, tmp_path: Path) -> None:
    lines(tmp_path / "q.jsonl", [{"q": "x"}])
    task = task_file(tmp_path, file="q.jsonl", enabled=False)
    with pytest.raises(InputError, match="none of the task's files"):
        import_corpus.run(Inputs(task=task, folder=tmp_path), database)
    asked = Inputs(task=task, folder=tmp_path, corpora=("questions",))
    assert import_corpus.run(asked, database)["rows_new"] == 1


def test_a_file_with_another_hash_is_refused(database: Settings, tmp_path: Path) -> None:
    lines(tmp_path / "q.jsonl", [{"q": "x"}])
    task = task_file(tmp_path, file="q.jsonl", sha256="0" * 64)
    with pytest.raises(InputError, match="is not the expected 0000"):
        import_corpus.run(Inputs(task=task, folder=tmp_path), database)


def test_a_stop_in_the_middle_stores_nothing(database: Settings, tmp_path: Path) -> None:
    def rows() -> Iterator[corpus.NewText]:
        yield corpus.NewText("h", "x", "yes", "s")
        raise SystemExit(143)

    with pytest.raises(SystemExit), connect(database) as connection:
        corpus.store(connection, "legal", "questions", "MIT", "training", rows())
    assert stored(database) == 0


def test_two_imports_that_share_texts_do_not_lock_each_other_out(database: Settings) -> None:
    def bring(name: str) -> tuple[int, int]:
        order = range(2000) if name == "a" else reversed(range(2000))
        rows = (corpus.NewText(f"{number:064d}", "x", "yes", name) for number in order)
        with connect(database) as connection:
            return corpus.store(connection, "legal", name, "MIT", "training", rows)

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(bring, "abab"))
    assert sum(new for new, _ in counts) == 2000


def copied(settings: Settings) -> int:
    """How many rows the running COPY has taken."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT sum(tuples_processed) FROM pg_stat_progress_copy")
        (rows,) = cursor.fetchone() or (None,)
    return int(rows or 0)


def test_a_killed_import_stores_nothing_and_is_repeated_whole(
    database: Settings, tmp_path: Path
) -> None:
    lines(tmp_path / "q.jsonl", [{"q": f"第{number}行" * 20} for number in range(60_000)])
    values = {"task": task_file(tmp_path, file="q.jsonl"), "folder": str(tmp_path)}
    inputs = tmp_path / "inputs.json"
    inputs.write_text(json.dumps(values), "utf-8")
    url = database.database_url.get_secret_value()
    environ = {**os.environ, "MLPROJECT_DATABASE_URL": url, "MLPROJECT_HOME": str(database.home)}
    command = [sys.executable, "-m", "mlproject", "import-corpus", "--inputs", str(inputs)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    while copied(database) < 5_000:
        assert process.poll() is None
    process.kill()
    process.wait()
    assert stored(database) == 0
    assert import_corpus.run(Inputs.model_validate(values), database)["rows_new"] == 60_000
    assert import_corpus.run(Inputs.model_validate(values), database)["rows_new"] == 0
