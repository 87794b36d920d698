"""The registry on a real MLflow server."""

import shutil
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mlflow import MlflowClient

from mlproject.errors import InputError, TryLaterError
from mlproject.packaging import release as release_module
from mlproject.packaging.manifest import read
from mlproject.packaging.registry import Registry, champion_folder
from mlproject.packaging.release import Releases
from mlproject.settings import Settings
from mlproject.task import Task, load
from tests.model_fixtures import MakeModel, MlflowServer, free_port

Reports = Callable[[Path, bool], tuple[Path, Path]]


@pytest.fixture
def task() -> Task:
    """A task with a registered model of its own."""
    name = f"legal-{uuid.uuid4().hex[:8]}"
    return load("legal").model_copy(update={"registered_model": name})


@pytest.fixture
def model(tracking: MlflowServer, make_model: MakeModel) -> Path:
    return make_model(run_id=tracking.run())


def test_the_same_model_is_one_version(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports
) -> None:
    first = Registry().register(task, model, *reports(model, True))
    assert Registry().register(task, model, *reports(model, True)) == first == "1"


def test_a_version_carries_its_tags_and_files(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports
) -> None:
    version = Registry().register(task, model, *reports(model, True))
    client = MlflowClient(tracking.url)
    found = client.get_model_version(task.registered_model, version)
    assert found.tags["model_sha256"] == model.name
    assert found.tags["gate_passed"] == "true"
    names = {
        item.path for item in client.list_artifacts(str(found.run_id), f"model/{model.name[:16]}")
    }
    assert {Path(name).name for name in names} == {
        *("model.onnx", "tokenizer.json", "manifest.json", "evaluation.json", "gate.json"),
    }


def test_a_new_verdict_on_the_same_model_is_taken_over(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports
) -> None:
    version = Registry().register(task, model, *reports(model, False))
    Registry().register(task, model, *reports(model, True))
    release = Releases(tracking.url).by_version(task.registered_model, version)
    assert dict(release.tags)["gate_passed"] == "true"
    assert Releases(tracking.url).report(release, "gate.json")["passed"] is True


def test_the_champion_is_fetched_once(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    assert champion_folder(task, settings) is None
    version = Registry().register(task, model, *reports(model, True))
    assert champion_folder(task, settings) is None
    Registry().point(task.registered_model, "champion", version)
    found = champion_folder(task, settings)
    assert found is not None
    assert found[0] == version
    assert (found[1] / "model.onnx").read_bytes() == (model / "model.onnx").read_bytes()
    before = (found[1] / "model.onnx").stat().st_mtime_ns
    assert champion_folder(task, settings) == found
    assert (found[1] / "model.onnx").stat().st_mtime_ns == before


def test_a_corrupt_artifact_is_refused(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports, tmp_path: Path
) -> None:
    version = Registry().register(task, model, *reports(model, True))
    Registry().point(task.registered_model, "champion", version)
    run_id = MlflowClient(tracking.url).get_model_version(task.registered_model, version).run_id
    other = tmp_path / "model.onnx"
    other.write_bytes(b"not a model")
    MlflowClient(tracking.url).log_artifact(run_id, str(other), f"model/{model.name[:16]}")
    with pytest.raises(InputError, match="sha256"):
        champion_folder(task, Settings(home=tmp_path / "home"))
    assert not list((tmp_path / "home" / "registry").iterdir())


@pytest.mark.parametrize("content", ["{", "[]", "\xff\xfe"])
def test_a_damaged_report_is_refused_in_one_line(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports, tmp_path: Path, content: str
) -> None:
    version = Registry().register(task, model, *reports(model, True))
    release = Releases(tracking.url).by_version(task.registered_model, version)
    damaged = tmp_path / "gate.json"
    damaged.write_text(content, "latin-1")
    place = f"model/{model.name[:16]}"
    MlflowClient(tracking.url).log_artifact(release.run_id, str(damaged), place)
    with pytest.raises(InputError, match=r"gate\.json in the registry is damaged"):
        Releases(tracking.url).report(release, "gate.json")


def test_many_who_fetch_at_once_do_no_harm(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports, tmp_path: Path
) -> None:
    version = Registry().register(task, model, *reports(model, True))
    release = Releases(tracking.url).by_version(task.registered_model, version)
    folder = Releases(tracking.url).fetch(release, tmp_path / "cache")
    (folder / "tokenizer.json").write_text("{}")  # so that all of them put a new one there
    with ThreadPoolExecutor(6) as pool:
        fetches = [
            pool.submit(Releases(tracking.url).fetch, release, tmp_path / "cache") for _ in range(6)
        ]
        assert {each.result(60) for each in fetches} == {folder}
    assert read(folder).model_sha256 == release.model_sha256
    assert list((tmp_path / "cache").iterdir()) == [folder]


def test_what_another_has_put_there_first_is_taken(model_folder: Path, tmp_path: Path) -> None:
    """As ``rename`` onto a folder that is not empty fails."""
    for name in ("mine", "target"):
        shutil.copytree(model_folder, tmp_path / name)
    release_module._put(tmp_path / "mine", tmp_path / "target")
    assert read(tmp_path / "target").model_sha256 == model_folder.name


def test_a_report_of_another_model_is_refused(
    tracking: MlflowServer, task: Task, model: Path, reports: Reports
) -> None:
    report, gate = reports(model, True)
    gate.write_text('{"passed": true, "model_sha256": "0"}')
    with pytest.raises(InputError, match=r"gate\.json"):
        Registry().register(task, model, report, gate)


def test_a_model_without_a_run_is_refused(
    tracking: MlflowServer, task: Task, model_folder: Path, reports: Reports
) -> None:
    with pytest.raises(InputError, match="run"):
        Registry().register(task, model_folder, *reports(model_folder, True))


def test_a_version_that_is_not_there_is_said(tracking: MlflowServer, task: Task) -> None:
    with pytest.raises(InputError, match="'7'"):
        Releases(tracking.url).by_version(task.registered_model, "7")


def test_a_server_that_is_down_is_said_soon() -> None:
    begin = time.monotonic()
    with pytest.raises(TryLaterError, match="does not answer"):
        Releases(f"http://127.0.0.1:{free_port()}").by_alias("legal", "champion")
    assert time.monotonic() - begin < 5


def test_registering_while_the_server_is_down_can_be_tried_later(
    task: Task, model_folder: Path, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    begin = time.monotonic()
    with pytest.raises(TryLaterError):
        Registry().register(task, model_folder, *reports(model_folder, True))
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("uri", ["", "sqlite:///mlflow.db"])
def test_an_address_that_is_no_server_is_refused(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI"):
        Releases.of_environment()
