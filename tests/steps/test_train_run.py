"""A training that is broken off has one run in MLflow, which says how it ended."""

from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run

from mlproject.training import begun, checkpoint
from tests.steps.forked import Step
from tests.steps.test_train import arguments, environ, until
from tests.steps.test_train import home as home


def runs(url: str, home: Path) -> dict[str, Run]:
    """Those of the data set in that home."""
    client = MlflowClient(url)
    experiment = client.get_experiment_by_name("legal")
    if experiment is None:
        return {}
    (dataset,) = (home / "datasets").iterdir()
    wanted = f"tags.dataset_id = '{dataset.name}'"
    found = client.search_runs([experiment.experiment_id], wanted)
    return {run.info.run_id: run for run in found}


def test_killed_before_the_first_checkpoint_it_goes_on_in_its_run(
    home: Path, tracking: Any
) -> None:
    own = {**environ(home), "MLFLOW_TRACKING_URI": tracking.url}
    before = set(runs(tracking.url, home))
    killed = Step(arguments(home), own, home / "log")
    until(killed, lambda: bool(list(home.glob(f"training/*/{begun.NAME}"))))
    killed.kill()
    assert not list(home.glob(f"training/*/{checkpoint.NAME}"))

    again = Step(arguments(home), own, home / "log")
    assert again.wait() == 0, again.log
    after = runs(tracking.url, home)
    (run_id,) = set(after) - before
    assert after[run_id].info.status == "FINISHED"
    assert not list(home.glob(f"training/*/{begun.NAME}"))
