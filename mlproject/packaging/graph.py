"""One ONNX file from a trained network: fused operators, softmax inside, batch and length dynamic.

The graph is written from the weights, not traced: every attention, GELU and layer norm is one
operator of onnxruntime (domain com.microsoft), whatever the training's code looks like, and the
last layer computes only the [CLS] row after its keys and values, as the training's does.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mlproject.errors import InputError
from mlproject.packaging import ngrams
from mlproject.packaging.characters import behind_first_line
from mlproject.training.model import Classifier, segment_line

OPSET = 17
FUSED = "com.microsoft"
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "probabilities"

Array = NDArray[np.float32]


class Graph:
    """Nodes and weights so far; every method returns the name of what it computes."""

    def __init__(self, weights: Mapping[str, Array], heads: int, epsilon: float) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self._weights = weights
        self._heads = heads
        self._epsilon = epsilon

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, list(inputs), [name], name, domain=domain, **attributes)
        )
        return name

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str) -> Array:
        return self._weights[name]

    def parameter(self, name: str) -> str:
        return self.constant(name, self.weight(name))

    def linear(self, hidden: str, name: str, bias: str = "") -> str:
        """``hidden`` (…, in) times the weight, plus ``bias`` where one is named: (…, out)."""
        weight = self.constant(f"{name}.weight", self.weight(f"{name}.weight").T)
        return self.plus(self.node("MatMul", hidden, weight), bias)

    def plus(self, hidden: str, bias: str) -> str:
        return self.node("Add", hidden, bias) if bias else hidden

    def embed(self, ids: str, segments: str, prefix: str) -> str:
        """(B, T) int32 -> (B, T, H). Without segments positions carry the only row of types."""
        positions = self.weight(f"{prefix}.position_embeddings.weight")
        kinds = self.weight(f"{prefix}.token_type_embeddings.weight")
        words = self.parameter(f"{prefix}.word_embeddings.weight")
        rows = positions if segments else positions + kinds[0]
        places = self.constant(f"{prefix}.position_embeddings.weight", rows)
        kind = self.parameter(f"{prefix}.token_type_embeddings.weight") if segments else ""
        scale, shift = (self.parameter(f"{prefix}.LayerNorm.{part}") for part in ("weight", "bias"))
        inputs = [ids, segments, words, places, kind, scale, shift]
        name = f"embed_{len(self.nodes)}"
        node = helper.make_node(
            "EmbedLayerNormalization",
            inputs,
            [name, f"{name}_mask"],
            name,
            domain=FUSED,
            epsilon=self._epsilon,
        )
        self.nodes.append(node)
        return name

    def attention(self, hidden: str, mask: str, prefix: str) -> str:
        """Self-attention of every row: (B, T, H) -> (B, T, H)."""
        weight = self.constant(f"{prefix}.weight", self._joined(prefix))
        return self.node(
            "Attention",
            *(hidden, weight, self._bias(prefix), mask),
            domain=FUSED,
            num_heads=self._heads,
        )

    def first_attention(self, hidden: str, first: str, mask: str, prefix: str) -> str:
        """Attention of the first row alone: ``hidden`` (B, T, H), ``first`` (B, 1, H)."""
        query = self.linear(first, f"{prefix}.query")
        key, value = (self.linear(hidden, f"{prefix}.{part}") for part in ("key", "value"))
        return self.node(
            "MultiHeadAttention",
            *(query, key, value, self._bias(prefix), mask),
            domain=FUSED,
            num_heads=self._heads,
        )

    def add_and_norm(self, hidden: str, skip: str, prefix: str) -> str:
        """Dense layer on ``hidden``, plus ``skip``, normalised.

        On a processor onnxruntime's operator of all three takes six times as long as these.
        """
        names = (f"{prefix}.LayerNorm.weight", f"{prefix}.LayerNorm.bias", f"{prefix}.dense.bias")
        scale, shift, bias = (self.parameter(name) for name in names)
        both = self.node("Add", self.linear(hidden, f"{prefix}.dense", bias), skip)
        return self.node("LayerNormalization", both, scale, shift, axis=-1, epsilon=self._epsilon)

    def layer(self, hidden: str, mask: str, prefix: str, last: bool) -> str:
        """One BERT layer; the last one gives the first row only (B, 1, H).

        The bias before the GELU goes with the product: in fp32 onnxruntime makes one operator of
        the two, in int8 it is inside the product, which takes 3 % less of the model's time.
        """
        if last:
            first = self.node("Gather", hidden, self.constant("row", np.array([0])), axis=1)
            context = self.first_attention(hidden, first, mask, f"{prefix}.attention.self")
        else:
            first = hidden
            context = self.attention(hidden, mask, f"{prefix}.attention.self")
        attended = self.add_and_norm(context, first, f"{prefix}.attention.output")
        bias = self.parameter(f"{prefix}.intermediate.dense.bias")
        wide = self.linear(attended, f"{prefix}.intermediate.dense", bias)
        gelu = self.node("Gelu", wide, domain=FUSED)
        return self.add_and_norm(gelu, attended, f"{prefix}.output")

    def head(self, first: str) -> str:
        """(B, 1, H) -> logits (B, labels)."""
        row = self.node("Squeeze", first, self.constant("axis", np.array([1])))
        return self._affine(self.node("Tanh", self._affine(row, "dense")), "output")

    def _affine(self, hidden: str, name: str) -> str:
        weight, bias = (self.parameter(f"{name}.{part}") for part in ("weight", "bias"))
        return self.node("Gemm", hidden, weight, bias, transB=1)

    def _joined(self, prefix: str) -> Array:
        """Weights of queries, keys and values side by side (H, 3 H)."""
        parts = [self.weight(f"{prefix}.{part}.weight").T for part in ("query", "key", "value")]
        return np.concatenate(parts, axis=1)

    def _bias(self, prefix: str) -> str:
        parts = [self.weight(f"{prefix}.{part}.bias") for part in ("query", "key", "value")]
        return self.constant(f"{prefix}.bias", np.concatenate(parts))


Kind = Callable[[Mapping[str, Array], int, float], Graph]


def build(classifier: Classifier, kind: Kind = Graph) -> onnx.ModelProto:
    """The graph of a BERT classifier. ``kind`` makes it of weights, heads and epsilon.

    Raises:
        InputError: the encoder is of a kind that this graph does not describe.
    """
    config = classifier.config
    if config.hidden_act != "gelu":
        raise InputError(f"hidden_act {config.hidden_act!r}: only gelu is converted")
    weights = {name: value.float().numpy() for name, value in classifier.state_dict().items()}
    graph = kind(weights, config.num_attention_heads, config.layer_norm_eps)
    ids, mask = (graph.node("Cast", name, to=TensorProto.INT32) for name in INPUTS)
    line = segment_line(config)
    segments = "" if line is None else behind_first_line(graph, INPUTS[0], line)
    hidden = graph.embed(ids, segments, "encoder.embeddings")
    for index in range(config.num_hidden_layers):
        last = index == config.num_hidden_layers - 1
        hidden = graph.layer(hidden, mask, f"encoder.encoder.layer.{index}", last)
    logits = graph.head(hidden)
    if classifier.ngrams is not None:
        found = ngrams.logits(graph, *INPUTS, classifier.ngrams)
        logits = graph.node("Add", logits, found)
    graph.node("Softmax", logits, axis=-1)
    graph.nodes[-1].output[0] = OUTPUT
    labels = weights["output.bias"].shape[0]
    texts = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in INPUTS
    ]
    answer = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", labels])
    body = helper.make_graph(graph.nodes, "classifier", texts, [answer], graph.tensors)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=8, producer_name="mlproject")


def write(
    classifier: Classifier, path: Path, metadata: Mapping[str, str], kind: Kind = Graph
) -> None:
    """Write the ONNX file with its metadata; the same network gives the same bytes."""
    model = build(classifier.eval().cpu(), kind)
    helper.set_model_props(model, dict(sorted(metadata.items())))
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
