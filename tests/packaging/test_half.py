"""Weights in fp16."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto

from mlproject.packaging import graph
from mlproject.packaging.half import HalfGraph
from mlproject.training.folder import load
from mlproject.training.model import Classifier


def test_the_encoder_is_fp16_and_the_ngrams_are_not(training: Path) -> None:
    config = load(training).model.config
    config.ngram_sizes = {"tokens": [1, 2]}
    config.ngram_table, config.ngram_line = [config.vocab_size, 1], -1
    model = graph.build(Classifier(config).eval(), HalfGraph)
    types = {item.name: item.data_type for item in model.graph.initializer}
    assert types["encoder.embeddings.word_embeddings.weight"] == TensorProto.FLOAT16
    assert types["ngrams.weight"] == TensorProto.FLOAT
    assert Counter(types.values())[TensorProto.FLOAT16] > 20


def test_it_answers_nearly_as_fp32(training: Path) -> None:
    model = load(training).model
    ids = torch.randint(5, 30, (3, 12), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    with torch.inference_mode():
        expected = model(ids, mask).softmax(-1).numpy()
    session = onnxruntime.InferenceSession(graph.build(model, HalfGraph).SerializeToString())
    given = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    (found,) = session.run([graph.OUTPUT], given)
    np.testing.assert_allclose(found, expected, atol=0.01)
