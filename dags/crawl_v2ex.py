"""# Crawl V2EX

Every ten minutes: new, edited and gone topics into Postgres, within the forum's quota. By hand
also *backfill* (node by node, into the past), *revisit* (topics seen some days ago) and *ids* (a
range). A run that ends early goes on where it was the next time.

The asset `v2ex_topics` is updated once per run, and only when rows changed.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, Metadata, Param, task
from airflow.sdk.exceptions import AirflowSkipException
from step.defaults import DEFAULT_ARGS
from step.operator import StepOperator

TOPICS = Asset(name="v2ex_topics", uri="x-mlproject://postgres/topic")
CHANGES = ("topics_new", "topics_changed", "topics_gone")

with DAG(
    dag_id="crawl_v2ex",
    dag_display_name="Crawl V2EX",
    description="New, edited and gone forum topics into Postgres",
    doc_md=__doc__,
    schedule=CronTriggerTimetable(
        "*/10 * * * *", timezone="UTC", run_immediately=timedelta(minutes=1)
    ),
    catchup=False,
    max_active_runs=1,
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
            type=["null", "array"],
            items={"type": "string"},
            title="Nodes",
            description="For backfill, such as qna; empty: all.",
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
            description="Ends the run after so many requests; empty: when nothing is left.",
            section="Crawl",
        ),
    },
) as dag:
    crawl = StepOperator(
        task_id="crawl",
        verb="crawl",
        inputs={name: dag.param(name) for name in ("mode", "nodes", "ids", "max_requests")},
    )

    @task(outlets=[TOPICS])
    def announce(result: Any) -> Any:
        """Update the asset with the counts, or skip when no row changed."""
        counts = {name: result.get(name) or 0 for name in CHANGES}
        if not any(counts.values()):
            raise AirflowSkipException("no topic changed")
        yield Metadata(TOPICS, extra=counts)

    announce(crawl.output)
