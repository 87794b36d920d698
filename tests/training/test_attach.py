"""What a later step adds to the run of a training."""

from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from mlproject.training.mlflow_tracker import MlflowTracker


def test_more_metrics_than_one_request_may_hold(tracking: Any) -> None:
    run_id = tracking.run()
    values = {f"slice{number}.f1": 0.5 for number in range(1_100)}
    MlflowTracker(tracking.url).attach(run_id, values, [], {})
    assert MlflowClient(tracking.url).get_run(run_id).data.metrics == values


def test_a_folder_keeps_its_name(tracking: Any, tmp_path: Path) -> None:
    run_id = tracking.run()
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "model_card.md").write_text("# Card")
    MlflowTracker(tracking.url).attach(run_id, {}, [tmp_path / "evaluation"], {})
    client = MlflowClient(tracking.url)
    (file,) = client.list_artifacts(run_id, "evaluation")
    assert file.path == "evaluation/model_card.md"
