"""What holds for every DAG file: it imports quickly and quietly, and only wires."""

import ast
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))

LOAD = """
import json, sys
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

bag = DagBag(sys.argv[1])
stats = {stat.file: [stat.duration.total_seconds(), stat.warning_num] for stat in bag.dagbag_stats}
dags = {name: DagSerialization.serialize_dag(dag) for name, dag in bag.dags.items()}
print()
print(json.dumps({"stats": stats, "errors": bag.import_errors, "dags": dags}))
"""


@pytest.fixture(scope="module")
def loaded() -> Any:
    """What another process finds in the folder: the time and warnings of each file, the DAGs."""
    command = [sys.executable, "-c", LOAD, str(ROOT / "dags")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(shown.splitlines()[-1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_within_a_second_without_a_warning(path: Path, loaded: Any) -> None:
    seconds, warnings = loaded["stats"][path.name]

    assert loaded["errors"] == {}
    assert seconds < 1
    assert warnings == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_only_the_sdk_and_the_operator(path: Path) -> None:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))

    others = {name for name in names if not name.startswith(("airflow.sdk", "step."))}
    assert others <= {"datetime", "typing"}


def test_all_are_there(dags: dict[str, Any]) -> None:
    assert sorted(dags) == ["crawl_v2ex", "import_corpus", "retrain", "rollback"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_documented_owned_and_retried(path: Path, dags: dict[str, Any]) -> None:
    dag = dags[path.stem]

    assert dag.doc_md.startswith("# ")
    assert dag.description
    assert dag.tags
    assert dag.catchup is False
    assert dag.max_active_runs == (3 if path.stem == "crawl_v2ex" else 1)
    for task in dag.tasks:
        assert task.owner == "engineer"
        assert task.retries == (1000 if task.task_id == "crawl" else 3)
        assert task.retry_delay <= timedelta(seconds=10)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_form_fields_are_described_and_in_sections(path: Path, dags: dict[str, Any]) -> None:
    for name in dags[path.stem].params:
        field = dags[path.stem].params.get_param(name)
        assert field.description, name
        assert field.schema["title"], name
        assert field.schema["section"], name
        assert field.schema["type"], name


def test_serialised_alike_by_every_process(dags: dict[str, Any], loaded: Any) -> None:
    """Otherwise every look at the files would make new versions of the DAGs."""
    from airflow.serialization.serialized_objects import DagSerialization

    here = {name: DagSerialization.serialize_dag(dag) for name, dag in dags.items()}

    assert json.loads(json.dumps(here)) == loaded["dags"]
