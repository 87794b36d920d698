"""# Roll back

Makes an earlier version of a classifier the champion again, by hand. The service takes it up
by itself, and the move is kept with who did it and why.
"""

from airflow.sdk import DAG, Param
from step.defaults import DEFAULT_ARGS, TASK
from step.operator import StepOperator

with DAG(
    dag_id="rollback",
    dag_display_name="Roll back",
    description="The champion becomes an earlier version",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["model"],
    params={
        "task": TASK,
        "version": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Version",
            description="In MLflow's registry; empty: the alias previous.",
            section="Promotion",
        ),
        "by": Param(
            type="string",
            minLength=1,
            title="By",
            description="Your name.",
            section="Promotion",
        ),
        "reason": Param(
            type="string",
            minLength=1,
            title="Reason",
            description="Kept with the deployment.",
            section="Promotion",
        ),
    },
) as dag:
    StepOperator(
        task_id="rollback",
        verb="rollback",
        inputs={name: dag.param(name) for name in ("task", "version", "by", "reason")},
    )
