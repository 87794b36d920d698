"""# Retrain

One data set, one training, one candidate: what Postgres holds is exported, a classifier is
trained on it, converted to ONNX, evaluated, judged by the gate, registered in MLflow, packed
with BentoML and, when the gate passed or a named person approved, served as the champion.

By hand from this page, or every Monday. An empty field means what the task file says.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param
from step.defaults import DEFAULT_ARGS, TASK
from step.operator import StepOperator


def optional(kind: str, section: str, title: str, description: str, **bounds: Any) -> Param:
    """A field that may stay empty; then the task file decides."""
    return Param(None, description, type=["null", kind], title=title, section=section, **bounds)


PRESETS = ("smoke", "t4", "gpu", "full")
HYPERPARAMETERS = {
    "preset": optional(
        "string",
        "Training",
        "Preset",
        "Values for a machine; those given here go before them.",
        enum=[None, *PRESETS],
    ),
    "pretrain": optional(
        "boolean",
        "Training",
        "Pretrain",
        "Learn the language of all texts first, without their labels.",
    ),
    "epochs": optional(
        "integer", "Training", "Epochs", "Passes over the data, at most.", minimum=1, maximum=100
    ),
    "batch_size": optional(
        "integer", "Training", "Batch size", "Texts in one step.", minimum=1, maximum=4096
    ),
    "learning_rate": optional(
        "number",
        "Training",
        "Learning rate",
        "The highest, after warm-up.",
        exclusiveMinimum=0,
        maximum=0.1,
    ),
    "max_length": optional(
        "integer", "Training", "Length", "Tokens read of a text.", minimum=8, maximum=512
    ),
    "patience": optional(
        "integer", "Training", "Patience", "Epochs without a better F1.", minimum=1, maximum=100
    ),
    "seed": optional("integer", "Training", "Seed", "Of shuffling and new weights.", minimum=0),
}

with DAG(
    dag_id="retrain",
    dag_display_name="Retrain",
    description="Data set, training, evaluation, gate, registration, promotion",
    doc_md=__doc__,
    schedule=CronTriggerTimetable(
        "0 3 * * 1", timezone="UTC", run_immediately=timedelta(minutes=1)
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["model"],
    params={
        "task": TASK,
        "max_topics": optional(
            "integer", "Data", "Topics at most", "Forum posts that nobody has read.", minimum=0
        ),
        "base_model": optional(
            "string",
            "Model",
            "Base model",
            "Hub name, folder, tiny, small or base; empty: MLPROJECT_BASE_MODEL.",
        ),
        **HYPERPARAMETERS,
        "approved_by": optional(
            "string", "Promotion", "Approved by", "Your name, to promote against the gate."
        ),
        "reason": optional("string", "Promotion", "Reason", "Kept with the deployment."),
    },
) as dag:

    def step(verb: str, **options: Any) -> StepOperator:
        inputs = {"task": dag.param("task"), **options.pop("inputs", {})}
        return StepOperator(task_id=verb, verb=verb, inputs=inputs, **options)

    def given(*names: str) -> dict[str, Any]:
        return {name: dag.param(name) for name in names}

    export = step("export", inputs=given("max_topics"))
    train = step(
        "train",
        inputs={"dataset": export.result("dataset_id"), **given("base_model", *HYPERPARAMETERS)},
        pool="gpu",
        queue="gpu",
    )
    dataset, model = export.result("dataset"), train.result("training")
    convert = step("convert", inputs={"training": model, "dataset": dataset})
    candidate = convert.result("model")
    evaluate = step("evaluate", inputs={"model": candidate, "dataset": dataset})
    report = evaluate.result("report")
    gate = step("gate", inputs={"report": report})
    register = step(
        "register", inputs={"model": candidate, "report": report, "gate": gate.result("gate")}
    )
    version = register.result("version")
    build = step("build", inputs={"version": version})
    promote = step("promote", inputs={"version": version, **given("approved_by", "reason")})

    export >> train >> convert >> evaluate >> gate >> register >> build >> promote
