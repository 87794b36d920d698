"""Task files."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.source.hosts import allow
from mlproject.task import FOLDER, load


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_task_loads(path: Path) -> None:
    assert load(path.stem).name == path.stem


def test_an_unknown_task_names_the_shipped_ones() -> None:
    with pytest.raises(InputError, match="shipped tasks: legal"):
        load("nonsense")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("colour: red", "colour is not known"),
        ("positive: third", "label 'third' is not among labels"),
        ("labels: [one]", "labels"),
        ("training: {epochs: 0}", "training.epochs 0"),
        ("  - : [", "not YAML"),
    ],
)
def test_a_fault_is_one_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "task.yaml"
    head = {"name": "t", "title": "T", "labels": "[one, two]", "registered_model": "t"}
    text = "".join(f"{key}: {value}\n" for key, value in head.items() if not line.startswith(key))
    path.write_text(text + line + "\n")
    with pytest.raises(InputError) as caught:
        load(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "https://h.example/q.csv"}, "corpus q: give either file or url"),
        ({"file": None}, "corpus q: give either file or url"),
        ({"file": None, "url": "http://h.example/q.csv"}, "corpora.0.url"),
        ({"label": None}, "corpus q: give either label or fields.label"),
        ({"fields": {}}, "corpus q: fields lacks text"),
        ({"kind": "reviews"}, "corpus q: fields lacks content"),
        ({"kind": "labels"}, "corpus q: fields lacks id"),
        ({"sha256": "abc"}, "corpora.0.sha256 'abc'"),
        ({"format": "xlsx"}, "corpora.0.format 'xlsx'"),
        ({"name": "../q"}, "corpora.0.name '../q'"),
        ({"label": "three"}, "label 'three' is not among labels"),
    ],
)
def test_a_faulty_corpus_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    corpus = {"name": "q", "file": "q.csv", "label": "one", "fields": {"text": "t"}}
    task = {"name": "t", "title": "T", "labels": ["one", "two"], "registered_model": "t"}
    path = tmp_path / "task.yaml"
    entry = {**corpus, "licence": "MIT", **change}
    path.write_text(json.dumps({**task, "corpora": [entry]}))
    with pytest.raises(InputError) as caught:
        load(str(path))
    assert said in str(caught.value)


def test_a_corpus_has_a_name_of_its_own(tmp_path: Path) -> None:
    corpus = {"name": "q", "file": "q.csv", "label": "one", "fields": {"text": "t"}, "licence": "-"}
    task = {"name": "t", "title": "T", "labels": ["one", "two"], "registered_model": "t"}
    (tmp_path / "task.yaml").write_text(json.dumps({**task, "corpora": [corpus, corpus]}))
    with pytest.raises(InputError, match="the name q is there twice"):
        load(str(tmp_path / "task.yaml"))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_a_shipped_task_downloads_is_off_pinned_and_allowed(path: Path) -> None:
    for corpus in load(path.stem).corpora:
        if corpus.url is not None:
            assert not corpus.enabled
            assert corpus.sha256 is not None
            allow(corpus.url, Settings().download_hosts)
