"""The shipped task of résumé sections: from a file to an answer."""

import gzip
import itertools
import json
from pathlib import Path

import pytest

from mlproject.serving.predictor import Predictor
from mlproject.settings import Settings
from mlproject.steps import convert, evaluate, export, import_corpus, train
from mlproject.task import load

WORDS = {
    "education": "bachelor degree university graduated honours thesis faculty diploma school",
    "experience": "led team company managed clients sales office promoted delivered budget",
    "knowledge": "python java docker linux english german fluent databases statistics excel",
    "others": "hobbies chess references available hiking music married passport volunteer",
    "project": "built prototype app repository simulation robot sensor compiler thesis demo",
}


def lines() -> list[dict[str, str]]:
    """Of each label about forty pieces that are no near-duplicates, and one that is empty."""
    made = [{"text": "  ", "label": "others"}]
    for label, words in WORDS.items():
        several = itertools.islice(itertools.permutations(words.split(), 4), 0, None, 75)
        made += [{"text": " ".join(chosen), "label": label} for chosen in several]
    return made


def test_sections_are_told_apart_measured_and_served(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    settings = database.model_copy(update={"threads": 1})
    with gzip.open(tmp_path / "resume_chunks.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines())
    found = import_corpus.run(import_corpus.Inputs(task="resume", folder=tmp_path), settings)
    assert (found["rows_new"], found["rows_rejected"]) == (len(lines()) - 1, 1)
    export.run(export.Inputs(task="resume"), settings)
    given = {"task": "resume", "base_model": "tiny", "preset": "smoke", "epochs": 8}
    result = train.run(train.Inputs.model_validate(given), settings)
    files = {path.name for path in Path(result["training"]).iterdir()}
    assert {"model.safetensors", "tokenizer.json", "training.json"} <= files
    model = Path(convert.run(convert.Inputs(task="resume"), settings)["model"])
    path = Path(evaluate.run(evaluate.Inputs(task="resume", model=model), settings)["report"])
    report = json.loads(path.read_text())
    test, labels = report["metrics"]["test"], load("resume").labels
    assert test["f1"] > 0.6
    assert {"weighted_f1", "weighted_precision", "weighted_recall"} <= set(test)
    assert tuple(report["labels"]["test"]["labels"]) == labels
    confusion = report["labels"]["test"]["confusion"]
    assert len(confusion) == len(labels)
    assert sum(confusion[place][place] for place in range(5)) == pytest.approx(
        test["accuracy"] * test["rows"]
    )
    predictor = Predictor(model, 1)
    assert predictor.manifest.labels == labels
    texts = ["graduated university with honours", "docker linux python and java"]
    answers = [labels[place] for place in predictor.predict(texts).argmax(axis=1)]
    assert answers == ["education", "knowledge"]
