"""# Import labelled texts

Reads the labelled files that the task file names, from a folder or from their addresses, and
stores them: texts to train on, forum posts that somebody has read, and labels of posts by their id
alone, which count once the post is crawled. A file that was imported before changes nothing. Rows
that do not fit are set apart under `quarantine/` with the reason; with more than 5 % of them a file
is not imported. Public collections that the task file marks `enabled: false` are imported only by
name: read their licences first.
"""

from airflow.sdk import DAG, Param
from step.defaults import DEFAULT_ARGS, TASK
from step.operator import StepOperator

with DAG(
    dag_id="import_corpus",
    dag_display_name="Import corpora",
    description="Labelled texts from files and addresses into Postgres",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["data"],
    params={
        "task": TASK,
        "folder": Param(
            None,
            type=["null", "string"],
            title="Folder",
            description="Where the files are, as the worker sees it; empty: MLPROJECT_DATA.",
            section="Data",
        ),
        "corpora": Param(
            [],
            type=["array", "null"],
            items={"type": "string"},
            title="Corpora",
            description="Names from the task file; empty: every enabled one whose file is there.",
            section="Data",
        ),
    },
) as dag:
    StepOperator(
        task_id="import_corpus",
        verb="import-corpus",
        inputs={name: dag.param(name) for name in ("task", "folder", "corpora")},
    )
