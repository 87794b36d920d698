"""The verb ``register`` on a real MLflow server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.steps.register import Inputs, run
from tests.model_fixtures import MakeModel, MlflowServer

Reports = Callable[[Path, bool], tuple[Path, Path]]


def test_versions_count_up_and_the_same_model_keeps_its_own(
    tracking: MlflowServer,
    make_model: MakeModel,
    reports: Reports,
    own_task: tuple[str, str],
    tmp_path: Path,
) -> None:
    task, name = own_task
    first, second = (make_model(seed=seed, run_id=tracking.run()) for seed in (1, 2))
    found = []
    for folder in (first, first, second, first):
        report, gate = reports(folder, True)
        inputs = Inputs(task=task, model=folder, report=report, gate=gate)
        found.append(run(inputs, Settings(home=tmp_path)))
    assert [result["version"] for result in found] == ["1", "1", "2", "1"]
    assert found[0]["name"] == name


def test_a_missing_report_is_said(
    tracking: MlflowServer, model_folder: Path, tmp_path: Path, own_task: tuple[str, str]
) -> None:
    missing = tmp_path / "missing.json"
    inputs = Inputs(task=own_task[0], model=model_folder, report=missing, gate=missing)
    with pytest.raises(InputError, match=r"missing\.json"):
        run(inputs, Settings(home=tmp_path))
