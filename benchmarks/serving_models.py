"""The models that ``benchmarks.serving`` serves: BERT-base with random weights, and one that does
nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mlproject.packaging.bento import build
from mlproject.packaging.manifest import MODEL, NAME, TOKENIZER, Parity, read, sha256
from mlproject.packaging.release import Release
from mlproject.settings import Settings
from mlproject.task import load

LABELS = ("other", "consultation")
MAX_LENGTH = 256
VOCABULARY = 21_128  # of bert-base-chinese


def base(folder: Path, texts: list[str]) -> Path:
    """BERT-base, fp32, as ``convert`` writes it."""
    import torch
    from transformers import BertConfig

    from mlproject.packaging import graph
    from mlproject.training.model import Classifier
    from mlproject.training.vocabulary import train

    folder.mkdir(parents=True)
    train(texts, VOCABULARY, 1).save(str(folder / TOKENIZER))
    torch.manual_seed(0)
    config = BertConfig(vocab_size=VOCABULARY)
    config.num_labels = len(LABELS)
    graph.write(Classifier(config), folder / MODEL, {})
    return describe(folder)


def null(folder: Path, like: Path) -> Path:
    """A model that gives every text the same answer at once, with the tokenizer of another."""
    folder.mkdir(parents=True)
    (folder / TOKENIZER).write_bytes((like / TOKENIZER).read_bytes())
    names = ("input_ids", "attention_mask")
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in names
    ]
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2])
    nodes = [
        helper.make_node("ReduceMax", ["attention_mask"], ["one"], axes=[1], keepdims=1),
        helper.make_node("Cast", ["one"], ["whole"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["whole", "half"], ["probabilities"]),
    ]
    half = numpy_helper.from_array(np.array([[0.6, 0.4]], dtype=np.float32), "half")
    body = helper.make_graph(nodes, "null", ids, [answer], [half])
    onnx.save(
        helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        str(folder / MODEL),
    )
    return describe(folder)


def describe(folder: Path) -> Path:
    """Write the manifest of a folder that has its files."""
    files = {name: sha256(folder / name) for name in (MODEL, TOKENIZER)}
    values = {
        "task": "legal",
        "labels": LABELS,
        "positive": LABELS[1],
        "cleaning": {"privacy": True, "max_length": 20_000},
        "max_length": MAX_LENGTH,
        "threshold": 0.5,
        "temperature": 1.0,
        "dataset_id": "none",
        "run_id": "none",
        "base_model": folder.name,
        "files": files,
        "model_sha256": files[MODEL],
        "source_sha256": "none",
        "parity": Parity(texts=1, max_difference=0, tolerance=1, dataset_id="none").model_dump(),
        "created": datetime.now(UTC).isoformat(),
    }
    (folder / NAME).write_text(json.dumps(values), encoding="utf-8")
    return folder


def bento(folder: Path, version: str, home: Path) -> str:
    """The tag of a Bento of that folder, in the store of ``home``."""
    manifest = read(folder)
    task = load("legal")
    release = Release(
        task.registered_model, version, "none", "none", manifest.model_sha256, 0.0, ()
    )
    return build(task, release, folder, True, Settings(home=home))
