import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from mlflow import MlflowClient
from pydantic import SecretStr

from mlproject.dataset import read
from mlproject.errors import InputError
from mlproject.evaluation import metrics
from mlproject.packaging.registry import Registry
from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings
from mlproject.steps.evaluate import Inputs, run
from mlproject.task import load
from tests.evaluation.chat_server import KEY, Chat, serving


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
    assert {"test", "test/source/test", "in_domain/opener_stripped"} <= set(report["parts"])
    assert set(report["comparison"]) == {"model", "keywords", "linear"}


@pytest.mark.usefixtures("untracked")
def test_every_metric_of_a_split_has_an_interval_around_it(
    model_folder: Path, dataset: Path, settings: Settings
) -> None:
    path = Path(run(Inputs(model=model_folder, dataset=str(dataset)), settings)["report"])
    part = json.loads(path.read_text())["parts"]["test"]
    names = {"accuracy", "precision", "recall", "f1", "average_precision"}
    names |= {"recall_at_precision_80", "calibration_error"}
    assert set(part["intervals"]) == names
    for name in names - {"calibration_error"}:  # a sample's is larger: chance adds to it
        low, high = part["intervals"][name]
        assert low <= part["metrics"][name] <= high


@pytest.mark.usefixtures("untracked")
def test_the_suite_is_judged_as_it_is_served(
    model_folder: Path, dataset: Path, settings: Settings
) -> None:
    path = Path(run(Inputs(model=model_folder, dataset=str(dataset)), settings)["report"])
    behaviour = json.loads(path.read_text())["behaviour"]
    rate = behaviour["rates"]["all"]
    assert rate["cases"] - rate["passed"] == len(behaviour["failures"])
    assert behaviour["rates"]["invariance.width"]["rate"] == 1.0 or not _cleaned(model_folder)
    assert behaviour["learnt"] == 1  # 借钱 is in the split train of this data set


def _cleaned(folder: Path) -> bool:
    return Predictor(folder, 1).manifest.cleaning is not None


@pytest.mark.usefixtures("untracked")
def test_the_files_for_people(model_folder: Path, dataset: Path, settings: Settings) -> None:
    path = Path(run(Inputs(model=model_folder, dataset=str(dataset)), settings)["report"])
    folder = path.parent / "evaluation"
    pictures = {
        f"{kind}_{split}"
        for kind in ("precision_recall", "reliability", "confusion")
        for split in ("test", "in_domain")
    } | {"comparison", "confusion_validation"}
    assert {file.stem for file in folder.glob("*.png")} == pictures
    assert all(file.read_bytes()[:4] == b"\x89PNG" for file in folder.glob("*.png"))
    assert "| " not in (folder / "comparison.txt").read_text()
    report = json.loads(path.read_text())
    for name in ("keywords", "linear", "model"):
        values = report["comparison"][name]["in_domain"]
        assert values["f1_low"] <= values["f1"] <= values["f1_high"]
        assert (
            f"{values['f1_low']:.3f}-{values['f1_high']:.3f}"
            in (folder / "comparison.txt").read_text()
        )
    for low, high in report["parts"]["test"]["intervals"].values():
        assert f"{low:.3f}-{high:.3f}" in (folder / "slices.txt").read_text()
    assert "## Limits" in (folder / "model_card.md").read_text()


@pytest.mark.usefixtures("untracked")
def test_labels_that_are_all_alike_have_means_and_a_table(
    make_model: Any, dataset: Path, settings: Settings, tmp_path: Path
) -> None:
    values = load("legal").model_dump(mode="json") | {"positive": None, "evaluation": {}}
    task = tmp_path / "alike.yaml"
    task.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    model = make_model(positive=False)
    inputs = Inputs(task=str(task), model=model, dataset=str(dataset))
    report = json.loads(Path(run(inputs, settings)["report"]).read_text())
    assert {"f1", "weighted_f1"} <= set(report["metrics"]["test"])
    assert "recall_at_precision_80" not in report["metrics"]["test"]
    rows = [row["rows"] for row in report["labels"]["test"]["labels"].values()]
    assert sum(rows) == sum(map(sum, report["labels"]["test"]["confusion"]))
    assert report["behaviour"] is None
    assert not [name for name in report["parts"] if "title" in name or "opener" in name]
    assert set(report["comparison"]) == {"model", "linear"}


@pytest.mark.usefixtures("untracked")
def test_the_same_model_and_texts_are_asked_once(
    model_folder: Path, dataset: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = Inputs(model=model_folder, dataset=str(dataset))
    first = run(inputs, settings)
    monkeypatch.setattr(Predictor, "predict", None)
    assert run(inputs, settings) == first


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
    assert logged["test.f1_low"] <= logged["test.f1"] <= logged["test.f1_high"]
    low, high = champion["differences"]["test"]["f1"]
    assert low <= logged["test.f1"] - logged["champion.test.f1"] <= high


def test_baselines_are_runs_of_their_own_and_tables_are_shown(
    make_model: Any, dataset: Path, settings: Settings, tracking: Any, own_task: tuple[str, str]
) -> None:
    client = MlflowClient(tracking.url)
    run_id = tracking.run()
    inputs = Inputs(task=own_task[0], model=make_model(run_id=run_id), dataset=str(dataset))
    result, again = run(inputs, settings), run(inputs, settings)
    assert result == again
    experiment = client.get_experiment_by_name("legal")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], "tags.baseline != ''")
    assert sorted(each.data.tags["baseline"] for each in found) == ["keywords", "linear"]
    assert all(each.info.status == "FINISHED" for each in found)
    assert all("in_domain.average_precision" in each.data.metrics for each in found)
    files = {file.path for file in client.list_artifacts(run_id, "evaluation")}
    assert {"evaluation/worst_errors.json", "evaluation/model_card.md"} <= files
    number = client.get_run(run_id).info.experiment_id
    shown = client.load_table(number, "evaluation/worst_errors.json", [run_id])
    assert set(shown["split"]) <= {"test", "in_domain"}


@pytest.mark.usefixtures("untracked")
def test_a_language_model_is_compared_on_a_sample(
    model_folder: Path, dataset: Path, settings: Settings
) -> None:
    with serving(Chat()) as chat:
        update = {"llm_url": chat.url, "llm_key": SecretStr(KEY), "llm_model": "large"}
        asking = settings.model_copy(update={**update, "llm_rows": 3, "llm_input_price": 1.0})
        inputs = Inputs(model=model_folder, dataset=str(dataset))
        report = json.loads(Path(run(inputs, asking)["report"]).read_text())
        asked = len(chat.asked)
        run(inputs, asking)
    assert set(report["comparison"]["large"]) == {"test/sample", "in_domain/sample"}
    assert report["comparison"]["large"]["test/sample"]["cost_per_1000"] == pytest.approx(0.1)
    assert report["comparison"]["model"]["test/sample"]["rows"] == 3
    assert len(chat.asked) == asked <= 6
    assert chat.asked[0]["messages"][0]["content"].startswith("You sort posts")


@pytest.mark.usefixtures("untracked")
def test_a_language_model_that_is_down_holds_nothing_back(
    model_folder: Path, dataset: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    down = settings.model_copy(update={"llm_url": "http://127.0.0.1:9/v1", "llm_model": "large"})
    path = run(Inputs(model=model_folder, dataset=str(dataset)), down)["report"]
    assert set(json.loads(Path(path).read_text())["comparison"]) == {"model", "keywords", "linear"}
    assert "left out of the comparison" in caplog.text
