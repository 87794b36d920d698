"""The champion of a real MLflow server is followed; nothing bad takes its place."""

import json
import logging
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient

from mlproject.errors import InputError
from mlproject.packaging.manifest import NAME
from mlproject.packaging.registry import Registry
from mlproject.packaging.release import Releases
from mlproject.serving import metrics
from mlproject.serving.capacity import Capacity
from mlproject.serving.live import LiveModel
from mlproject.task import Task, load
from tests.model_fixtures import MakeModel, MlflowServer, free_port

TEXT = ["公司拖欠工资三个月了，该怎么办？"]


class Champions:
    """Registers models of one name and makes them champion."""

    def __init__(
        self,
        server: MlflowServer,
        make_model: MakeModel,
        reports: Callable[[Path, bool], tuple[Path, Path]],
    ) -> None:
        self.server = server
        self.name = f"legal-{uuid.uuid4().hex[:8]}"
        self._make = make_model
        self._reports = reports

    def crown(self, seed: int, labels: tuple[str, ...] = ("other", "consultation")) -> str:
        folder = self._make(seed=seed, run_id=self.server.run(), labels=labels)
        version = Registry().register(self.task(labels), folder, *self._reports(folder, True))
        self.point(version)
        return version

    def point(self, version: str) -> None:
        Registry().point(self.name, "champion", version)

    def task(self, labels: tuple[str, ...]) -> Task:
        return load("legal").model_copy(update={"registered_model": self.name, "labels": labels})

    def connect(self) -> Releases:
        return Releases(self.server.url)


@pytest.fixture
def champions(
    tracking: MlflowServer,
    make_model: MakeModel,
    reports: Callable[[Path, bool], tuple[Path, Path]],
) -> Champions:
    return Champions(tracking, make_model, reports)


@pytest.fixture
def live(champions: Champions, tmp_path: Path) -> LiveModel:
    """Serves version 1, as a Bento that was built with it would."""
    version = champions.crown(seed=1)
    release = champions.connect().by_version(champions.name, version)
    model = LiveModel(Capacity(), tmp_path / "registry")
    model.begin(champions.connect().fetch(release, tmp_path / "bento"), champions.name, version)
    return model


def version_of(live: LiveModel) -> str:
    assert live.current is not None
    return live.current.version


def test_a_new_champion_takes_over(live: LiveModel, champions: Champions) -> None:
    assert live.current is not None
    before = live.current.predictor.predict(TEXT)
    champions.crown(seed=2)
    live.check(champions.connect)
    assert version_of(live) == "2"
    assert live.current.metrics == {"test": {"f1": 0.9}}
    assert abs(live.current.predictor.predict(TEXT) - before).max() > 1e-4


def test_it_goes_back_with_the_alias(live: LiveModel, champions: Champions) -> None:
    champions.crown(seed=2)
    live.check(champions.connect)
    champions.point("1")
    live.check(champions.connect)
    assert version_of(live) == "1"


def test_the_same_champion_is_left_alone(live: LiveModel, champions: Champions) -> None:
    before = live.current
    live.check(champions.connect)
    assert live.current is before
    assert live.watch.registry == "reachable"


def test_other_labels_are_refused_once(
    live: LiveModel,
    champions: Champions,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    champions.crown(seed=2, labels=("consultation", "other"))
    for _ in range(3):
        live.check(champions.connect)
    assert version_of(live) == "1"
    assert live.watch.refused is not None
    assert "labels" in live.watch.refused
    assert sum("refused" in record.message for record in caplog.records) == 1


def test_a_corrupt_champion_is_refused(
    live: LiveModel, champions: Champions, tmp_path: Path
) -> None:
    version = champions.crown(seed=2)
    client = MlflowClient(champions.server.url)
    found = client.get_model_version(champions.name, version)
    (tmp_path / "tokenizer.json").write_text("{}")
    place = str(found.source).split("/artifacts/", 1)[1]
    client.log_artifact(found.run_id, str(tmp_path / "tokenizer.json"), place)
    live.check(champions.connect)
    assert version_of(live) == "1"
    assert "sha256" in str(live.watch.refused)


def test_a_champion_whose_manifest_is_damaged_is_refused(
    live: LiveModel,
    champions: Champions,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    caplog.set_level(logging.WARNING)
    version = champions.crown(seed=2)
    client = MlflowClient(champions.server.url)
    found = client.get_model_version(champions.name, version)
    (tmp_path / "manifest.json").write_text('{"labels": [')
    place = str(found.source).split("/artifacts/", 1)[1]
    client.log_artifact(found.run_id, str(tmp_path / "manifest.json"), place)
    for _ in range(3):
        live.check(champions.connect)
    assert version_of(live) == "1"
    assert live.watch.registry == "reachable"
    assert "version 2: " in str(live.watch.refused)
    assert "manifest.json in the registry is damaged" in str(live.watch.refused)
    assert metrics.REFUSED._value.get() == 1
    (said,) = [each for each in caplog.records if each.name == "bentoml.mlproject.live"]
    assert "version 2 is refused, 1 stays" in said.message
    assert said.exc_info is None


def test_old_champions_are_not_kept_for_ever(
    live: LiveModel, champions: Champions, tmp_path: Path
) -> None:
    for seed in range(2, 9):
        champions.crown(seed)
        live.check(champions.connect)
    kept = {path.name.split("-")[-2] for path in (tmp_path / "registry").iterdir()}
    assert kept == {"4", "5", "6", "7", "8"}


def test_after_a_refusal_the_next_good_one_is_taken(live: LiveModel, champions: Champions) -> None:
    champions.crown(seed=2, labels=("consultation", "other"))
    live.check(champions.connect)
    champions.crown(seed=3)
    live.check(champions.connect)
    assert (version_of(live), live.watch.refused) == ("3", None)


def test_a_registry_that_is_down_is_harmless_and_said_once(
    live: LiveModel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    nowhere = Releases(f"http://127.0.0.1:{free_port()}")
    for _ in range(2):
        live.check(lambda: nowhere)
    assert version_of(live) == "1"
    assert "does not answer" in live.watch.registry
    assert sum("not watched" in record.message for record in caplog.records) == 1


def test_no_address_at_all_is_harmless(live: LiveModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    live.check(Releases.of_environment)
    assert version_of(live) == "1"


def test_a_damaged_bento_is_not_served(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes((model_folder / "manifest.json").read_bytes())
    with pytest.raises(InputError, match="missing"):
        LiveModel(Capacity(), tmp_path).begin(tmp_path, "legal", "1")


def test_a_champion_slower_than_allowed_is_refused(
    champions: Champions, live: LiveModel, tmp_path: Path
) -> None:
    assert live.current is not None
    strict = LiveModel(Capacity(), tmp_path / "registry", slowest_ms=1e-6)
    strict.current = live.current
    champions.crown(seed=2)
    strict.check(champions.connect)
    assert version_of(strict) == "1"
    assert "MLPROJECT_SERVICE_SLOWEST_MS" in str(strict.watch.refused)


def test_a_refused_champion_is_tried_again_later(
    champions: Champions, live: LiveModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.current is not None
    model = LiveModel(Capacity(), tmp_path / "registry", slowest_ms=1e-6)
    model.current = live.current
    champions.crown(seed=2)
    model.check(champions.connect)
    model._slowest_ms = 0.0  # as when the machine is idle again
    model.check(champions.connect)
    assert version_of(model) == "1"
    monkeypatch.setattr("mlproject.serving.live.REFUSED_SECONDS", 0.0)
    model._again = 0.0
    model.check(champions.connect)
    assert (version_of(model), model.watch.refused) == ("2", None)


def test_a_model_that_answers_something_else_is_refused(model_folder: Path, tmp_path: Path) -> None:
    """Its file is whole, and gives one probability for two labels."""
    folder = broken(model_folder, tmp_path / "model")
    with pytest.raises(InputError, match="cannot be run: ValueError"):
        LiveModel(Capacity(), tmp_path).begin(folder, "legal", "1")


def broken(model: Path, folder: Path) -> Path:
    shutil.copytree(model, folder)
    values = json.loads((folder / NAME).read_text())
    values["labels"] = ["other", "consultation", "third"]
    (folder / NAME).write_text(json.dumps(values))
    return folder
