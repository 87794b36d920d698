"""The models that ``benchmarks.serving`` serves: BERT with random weights, the same as PyTorch
exports it, and one that does nothing.

What they answer means nothing; how long they take is what a trained model of that form takes.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from transformers import BertConfig, BertTokenizer

from benchmarks import exported
from benchmarks.exported import WORDS
from benchmarks.machine import CORES
from benchmarks.peers import CLASSIC_LENGTH
from mlproject.packaging import candidates, graph
from mlproject.packaging.bento import build
from mlproject.packaging.manifest import MODEL, NAME, TOKENIZER, Parity, read, sha256
from mlproject.packaging.release import Release
from mlproject.settings import Settings
from mlproject.task import load
from mlproject.training.model import Classifier
from mlproject.training.vocabulary import train

LABELS = ("other", "consultation")
MAX_LENGTH = 256
CALIBRATED = 64  # texts
VOCABULARY = "bert-base-chinese-vocab.txt"
FP32 = "-fp32"
EXPORTED = {"-exported": None, "-exported-eager": "eager"}  # attention, as transformers names it
LAYERS = {"base": 12, "student": 3}  # of BERT-base's width


def tokenizer(data: Path, texts: Sequence[str]) -> Tokenizer:
    """That of bert-base-chinese where its vocabulary is at hand; else one of these texts."""
    if (data / VOCABULARY).is_file():
        found: Tokenizer = BertTokenizer(vocab=str(data / VOCABULARY)).backend_tokenizer
        return found
    return train(texts, WORDS, 1)


def bert(layers: int) -> Classifier:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=WORDS, num_hidden_layers=layers)
    config.num_labels = len(LABELS)
    return Classifier(config).eval()


def fp32(folder: Path, tokenizer: Tokenizer, layers: int) -> Path:
    """As ``convert`` writes it."""
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / TOKENIZER))
    graph.write(bert(layers), folder / MODEL, {})
    return describe(folder)


def int8(folder: Path, like: Path, layers: int, texts: Sequence[str]) -> Path:
    """The same in int8, as ``convert`` writes its first static candidate."""
    folder.mkdir(parents=True)
    (folder / TOKENIZER).write_bytes((like / TOKENIZER).read_bytes())
    tokenizer = Tokenizer.from_file(str(like / TOKENIZER))
    tokenizer.enable_truncation(MAX_LENGTH)
    rows = [found.ids for found in tokenizer.encode_batch(list(texts[:CALIBRATED]))]
    candidate = next(candidates.of("int8_static", bert(layers), lambda: rows, CORES))
    candidate.write(folder / MODEL, {})
    return describe(folder)


def plain(folder: Path, like: Path, layers: int, attention: str | None) -> Path:
    """As PyTorch exports it, for one text of the classic design's length."""
    folder.mkdir(parents=True)
    (folder / TOKENIZER).write_bytes((like / TOKENIZER).read_bytes())
    exported.fixed(folder / MODEL, layers, attention, CLASSIC_LENGTH)
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


class Models:
    """The models of one run, each made when it is first asked for.

    ``base`` and ``student`` are what is served, ``base-fp32`` and ``student-fp32`` what those were
    made of, ``base-exported`` and ``base-exported-eager`` what PyTorch would write of it; ``null``
    does nothing.
    """

    def __init__(
        self,
        folder: Path,
        texts: Sequence[str],
        data: Path,
        given: dict[str, Path],
        fp32: bool = False,
    ) -> None:
        """``given``: folders that ``convert`` wrote, by name, instead of random weights."""
        self._folder = folder
        self._texts = texts
        self._data = data
        self._fp32 = fp32
        self._known = {name: path.resolve() for name, path in given.items()}

    def get(self, name: str) -> Path:
        if name not in self._known:
            self._known[name] = self._make(name)
        return self._known[name]

    def _make(self, name: str) -> Path:
        folder = self._folder / name
        if name == "null":
            return null(folder, self.get("base"))
        if name.endswith(FP32):
            layers = LAYERS[name.removesuffix(FP32)]
            return fp32(folder, tokenizer(self._data, self._texts), layers)
        for ending, attention in EXPORTED.items():
            if name.endswith(ending):
                name = name.removesuffix(ending)
                return plain(folder, self.get(f"{name}{FP32}"), LAYERS[name], attention)
        like = self.get(f"{name}{FP32}")
        return like if self._fp32 else int8(folder, like, LAYERS[name], self._texts)


def bento(folder: Path, version: str, home: Path) -> str:
    """The tag of a Bento of that folder, in the store of ``home``."""
    manifest = read(folder)
    task = load("legal")
    release = Release(
        task.registered_model, version, "none", "none", manifest.model_sha256, 0.0, ()
    )
    return build(task, release, folder, True, Settings(home=home))
