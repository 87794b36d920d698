import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from mlproject.dataset import read
from mlproject.errors import InputError
from mlproject.evaluation import metrics
from mlproject.packaging.registry import Registry
from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings
from mlproject.steps.evaluate import Inputs, run
from mlproject.task import load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, threads=1)


@pytest.fixture
def untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.mark.usefixtures("untracked")
def test_the_metrics_are_those_of_the_served_form(
    model_folder: Path, dataset: Path, settings: Settings
) -> None:
    result = run(Inputs(model=model_folder, dataset=str(dataset)), settings)
    examples = read.load(dataset).splits["test"]
    predictor = Predictor(model_folder, 1)
    labels = np.array([example.label for example in examples])
    found = predictor.predict([example.text for example in examples])
    assert result["metrics"]["test"] == metrics.compute(labels, found, 1)
    assert set(result["metrics"]) == {"validation", "test", "in_domain"}


@pytest.mark.usefixtures("untracked")
def test_the_report_says_what_was_measured_on_what(
    model_folder: Path, dataset: Path, settings: Settings
) -> None:
    path = Path(run(Inputs(model=model_folder, dataset=str(dataset)), settings)["report"])
    report = json.loads(path.read_text())
    sha256 = Predictor(model_folder, 1).manifest.model_sha256
    assert path.parent == settings.home / "evaluations" / f"{sha256[:16]}-{dataset.name}"
    assert (report["model_sha256"], report["dataset_id"]) == (sha256, dataset.name)
    assert report["champion"] is None
    assert report["sources"]["test"]["test"] == report["metrics"]["test"]


@pytest.mark.usefixtures("untracked")
def test_the_same_model_and_texts_are_measured_once(
    model_folder: Path, dataset: Path, settings: Settings
) -> None:
    inputs = Inputs(model=model_folder, dataset=str(dataset))
    path = Path(run(inputs, settings)["report"])
    path.write_text(path.read_text().replace('"rows": ', '"rows": 1'))
    assert run(inputs, settings)["metrics"]["test"]["rows"] > 100


@pytest.mark.usefixtures("untracked")
def test_another_data_set_s_labels_are_refused(
    make_model: Any, dataset: Path, settings: Settings
) -> None:
    other = make_model(labels=("other", "question"))
    with pytest.raises(InputError, match="must be the same"):
        run(Inputs(model=other, dataset=str(dataset)), settings)


def test_the_champion_is_measured_on_the_same_texts_and_all_is_logged(
    make_model: Any, dataset: Path, settings: Settings, tracking: Any, reports: Any
) -> None:
    task, registry = load("legal"), Registry()
    old, new = make_model(seed=1, run_id=tracking.run()), make_model(seed=2, run_id=tracking.run())
    version = registry.register(task, old, *reports(old, True))
    registry.point(task.registered_model, "champion", version)
    result = run(Inputs(model=new, dataset=str(dataset)), settings)
    champion = json.loads(Path(result["report"]).read_text())["champion"]
    expected = run(Inputs(model=old, dataset=str(dataset)), settings)["metrics"]
    assert champion["version"] == version
    assert champion["metrics"] == expected
    run_id = Predictor(new, 1).manifest.run_id
    logged = MlflowClient(tracking.url).get_run(run_id).data.metrics
    assert logged["test.f1"] == result["metrics"]["test"]["f1"]
    assert logged["champion.test.f1"] == expected["test"]["f1"]
