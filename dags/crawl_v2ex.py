"""# Crawl V2EX

Every ten minutes new topics, and once an hour edited and gone ones, into Postgres within the
forum's quota. By hand also *backfill* (node by node, into the past) and *ids* (a range). Runs
share the quota and can go side by side.

A long backfill spends the quota, waits for the next one and tries again, as often as it takes;
its log shows posts, pages, percent, the quota left and the estimated end. A run that ends early
goes on where it was.

The asset `v2ex_topics` is updated once per run, and only when rows changed.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, Metadata, MultipleCronTriggerTimetable, Param, task
from airflow.sdk.exceptions import AirflowSkipException
from step.defaults import DEFAULT_ARGS
from step.operator import StepOperator

TOPICS = Asset(name="v2ex_topics", uri="x-mlproject://postgres/topic")
CHANGES = ("topics_new", "topics_changed", "topics_gone")
# The run at five past the hour looks again at young topics; all others do what the form says.
MODE = (
    "{{ 'revisit' if dag_run.run_type == 'scheduled' and dag_run.run_after.minute == 5"
    " else params.mode }}"
)
# What fits into ten minutes at five topics in ten seconds, and leaves quota to the rest.
LIMIT = "{{ params.max_requests or (100 if params.mode == 'new' else none) }}"

with DAG(
    dag_id="crawl_v2ex",
    dag_display_name="Crawl V2EX",
    description="New, edited and gone forum topics into Postgres",
    doc_md=__doc__,
    schedule=MultipleCronTriggerTimetable(
        "*/10 * * * *", "5 * * * *", timezone="UTC", run_immediately=timedelta(minutes=1)
    ),
    catchup=False,
    max_active_runs=3,
    default_args=DEFAULT_ARGS,
    tags=["data"],
    params={
        "mode": Param(
            "new",
            type="string",
            enum=["new", "backfill", "revisit", "ids"],
            title="Mode",
            description="new: latest topics; backfill: older ones; revisit: edits; ids: a range.",
            section="Crawl",
        ),
        "nodes": Param(
            None,
            type=["null", "array", "string"],
            items={"type": "string"},
            pattern="^all$",
            title="Nodes",
            description="For backfill, such as qna; empty or the word all: all.",
            section="Crawl",
        ),
        "ids": Param(
            None,
            type=["null", "array"],
            items={"type": "integer", "minimum": 1},
            minItems=2,
            maxItems=2,
            title="Ids",
            description="For ids: the first and the last topic, such as [1000, 2000].",
            section="Crawl",
        ),
        "max_requests": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Requests at most",
            description="Ends the run after so many; empty: 100 for new, no end for the others.",
            section="Crawl",
        ),
    },
) as dag:
    crawl = StepOperator(
        task_id="crawl",
        verb="crawl",
        inputs={
            "mode": MODE,
            "nodes": dag.param("nodes"),
            "ids": dag.param("ids"),
            "max_requests": LIMIT,
        },
        # Every quota that a backfill spends is one try; so is every restart of Airflow. Five
        # crashes of the step in a row end it all the same.
        retries=1000,
        max_retry_delay=timedelta(minutes=10),
    )

    @task(outlets=[TOPICS])
    def announce(result: Any) -> Any:
        """Update the asset with the counts, or skip when no row changed."""
        counts = {name: result.get(name) or 0 for name in CHANGES}
        if not any(counts.values()):
            raise AirflowSkipException("no topic changed")
        yield Metadata(TOPICS, extra=counts)

    announce(crawl.output)
