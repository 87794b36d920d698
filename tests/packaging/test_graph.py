"""The ONNX graph, compared with the network that it is written from."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from mlproject.errors import InputError
from mlproject.packaging import graph
from mlproject.training.folder import Trained, load
from mlproject.training.model import Classifier


@pytest.fixture(scope="module")
def trained(training: Path) -> Trained:
    return load(training)


def test_every_attention_gelu_and_norm_is_one_operator(trained: Trained) -> None:
    nodes = Counter(node.op_type for node in graph.build(trained.model).graph.node)
    fused = ("EmbedLayerNormalization", "Attention", "MultiHeadAttention", "Gelu")
    assert [nodes[name] for name in fused] == [1, 1, 1, 2]
    assert nodes["LayerNormalization"] == 4


def test_in_fp32_the_bias_and_the_gelu_run_as_one(trained: Trained, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    onnxruntime.InferenceSession(graph.build(trained.model).SerializeToString(), options)
    nodes = Counter(node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node)
    assert (nodes["BiasGelu"], nodes["Gelu"]) == (2, 0)


def assert_same(model: Classifier, rows: int, length: int) -> None:
    """The graph answers random texts as the network does; the last text is half padding."""
    ids = torch.randint(5, 12, (rows, length))  # few tokens, so that n-grams repeat
    mask = torch.ones_like(ids)
    mask[-1, (length + 1) // 2 :] = 0
    with torch.inference_mode():
        expected = model(ids, mask).softmax(-1).numpy()
    session = onnxruntime.InferenceSession(graph.build(model).SerializeToString())
    given = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    (found,) = session.run([graph.OUTPUT], given)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("rows", "length"), [(1, 2), (1, 48), (5, 7), (3, 31)])
def test_batch_and_length_are_free(trained: Trained, rows: int, length: int) -> None:
    session = onnxruntime.InferenceSession(graph.build(trained.model).SerializeToString())
    generator = torch.Generator().manual_seed(rows * length)
    ids = torch.randint(5, trained.model.config.vocab_size, (rows, length), generator=generator)
    mask = torch.ones_like(ids)
    mask[-1, (length + 1) // 2 :] = 0
    with torch.inference_mode():
        expected = trained.model(ids, mask).softmax(-1).numpy()
    (found,) = session.run(
        [graph.OUTPUT], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("rows", "length"), [(1, 2), (2, 3), (4, 40)])
def test_ngrams_are_counted_as_the_network_counts_them(
    training: Path, rows: int, length: int
) -> None:
    config = load(training).model.config
    config.ngram_sizes = {"tokens": [1, 2], "characters": [1, 2, 3], "titles": [1, 2]}
    config.ngram_table, config.ngram_line = [config.vocab_size, 3], 11
    torch.manual_seed(rows)
    model = Classifier(config).eval()
    assert model.ngrams is not None
    model.ngrams.table.copy_(torch.randint(0, 9, model.ngrams.table.shape))
    model.ngrams.table[6, 1:] = model.ngrams.table[7:9, 2] = -1
    for buffer in (model.ngrams.idf, model.ngrams.weight, model.ngrams.bias):
        buffer.uniform_(0.1, 3)
    assert_same(model, rows, length)


@pytest.mark.parametrize(("rows", "length"), [(1, 2), (4, 30)])
def test_titles_and_bodies_are_the_segments_that_the_network_has(
    training: Path, rows: int, length: int
) -> None:
    config = load(training).model.config
    config.segment_line = 9
    torch.manual_seed(rows)
    model = Classifier(config).eval()
    assert_same(model, rows, length)


def test_the_same_network_gives_the_same_bytes(training: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        graph.write(load(training).model, tmp_path / name, {"task": "legal"})
    hashes = {hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a", "b")}
    assert len(hashes) == 1


def test_the_metadata_is_in_the_file(trained: Trained, tmp_path: Path) -> None:
    graph.write(trained.model, tmp_path / "model.onnx", {"labels": '["other"]'})
    properties = onnx.load(str(tmp_path / "model.onnx")).metadata_props
    assert {item.key: item.value for item in properties} == {"labels": '["other"]'}


def test_another_activation_is_refused(training: Path) -> None:
    model = load(training).model
    model.config.hidden_act = "relu"
    with pytest.raises(InputError, match="relu"):
        graph.build(model)
