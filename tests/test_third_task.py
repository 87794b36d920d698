"""Another classifier is one YAML file: no Python."""

import itertools
import json
from pathlib import Path

import pytest

from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings
from mlproject.steps import convert, evaluate, export, import_corpus, train

TASK = """
name: notes
title: Kinds of notes
labels: [food, travel, weather]
registered_model: notes-classifier
corpora:
  - name: notes
    file: notes.jsonl
    fields: {text: body, label: kind}
    labels: {F: food, T: travel, W: weather}
    licence: written for this test
dataset: {near_duplicates: null, noise: {examine: 0}, profile: false}
training: {epochs: 12, focal_gamma: 0.0}
"""
SUBJECTS = ("my sister", "the baker", "our guest", "a friend", "the driver", "some children")
PLACES = ("at home", "in town", "by the river", "near the station", "on Sunday", "last week")
SAID = {
    "F": ("cooked soup and rice", "ate bread with cheese", "roasted a pumpkin", "baked a cake"),
    "T": ("took the night train", "missed the ferry", "booked a flight", "packed two suitcases"),
    "W": ("watched the storm", "waited for the rain to end", "saw snow fall", "enjoyed the sun"),
}


@pytest.fixture
def task(tmp_path: Path) -> str:
    several = itertools.product(SAID, SUBJECTS, PLACES, range(4))
    lines = [
        json.dumps({"body": f"{who.capitalize()} {SAID[kind][said]} {where}.", "kind": kind})
        for kind, who, where, said in several
    ]
    (tmp_path / "notes.jsonl").write_text("\n".join([*lines, '{"body": "", "kind": "F"}']))
    path = tmp_path / "notes.yaml"
    path.write_text(TASK)
    return str(path)


def test_three_labels_from_a_file_to_an_answer(
    database: Settings, task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    settings = database.model_copy(update={"threads": 1})
    found = import_corpus.run(import_corpus.Inputs(task=task, folder=tmp_path), settings)
    assert (found["rows_new"], found["rows_rejected"]) == (432, 1)
    export.run(export.Inputs(task=task), settings)
    inputs = train.Inputs.model_validate({"task": task, "base_model": "tiny"})
    assert train.run(inputs, settings)["metrics"]["accuracy"] > 0.9
    model = Path(convert.run(convert.Inputs(task=task), settings)["model"])
    metrics = evaluate.run(evaluate.Inputs(task=task, model=model), settings)["metrics"]
    assert metrics["test"]["f1"] > 0.9
    texts = ["The guest baked bread.", "The driver booked a train.", "Rain and snow in town."]
    assert Predictor(model, 1).predict(texts).argmax(axis=1).tolist() == [0, 1, 2]
