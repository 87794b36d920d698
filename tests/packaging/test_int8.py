"""Int8 products: near the exact ones, and with static scales the same in any batch."""

from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from mlproject.packaging import graph
from mlproject.packaging.calibrate import calibrate
from mlproject.packaging.int8 import DynamicGraph, Scales, StaticGraph, columns
from mlproject.packaging.parity import Probability, alone_and_mixed
from mlproject.training.folder import load

from .quantized import Around

ROWS = [[2, *range(5, 5 + length), 3] for length in (1, 2, 5, 9, 17, 30)]


class Running:
    def __init__(self, training: Path, kind: graph.Kind = graph.Graph) -> None:
        model = graph.build(load(training).model, kind)
        self._session = onnxruntime.InferenceSession(model.SerializeToString())

    def run(self, rows: object) -> Probability:
        assert isinstance(rows, list)
        width = max(map(len, rows))
        ids = np.array([[*row, *[0] * (width - len(row))] for row in rows])
        mask = np.array([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        (found,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        result: Probability = found
        return result


@pytest.fixture(scope="module")
def static(training: Path) -> Running:
    layers = calibrate(load(training).model, ROWS, 1)
    scales = {name: layer.scales for name, layer in layers.items()}
    return Running(training, partial(StaticGraph, layers=scales))


def test_static_int8_is_near_fp32(static: Running, training: Path) -> None:
    exact, _ = alone_and_mixed(Running(training), ROWS)
    found, _ = alone_and_mixed(static, ROWS)
    assert 0 < np.abs(found - exact).max() < 0.1


def test_static_int8_gives_the_same_alone_and_in_a_batch(static: Running) -> None:
    alone, mixed = alone_and_mixed(static, ROWS)
    np.testing.assert_allclose(alone, mixed, atol=1e-5)


def test_static_int8_is_what_rounding_around_each_product_gives(training: Path) -> None:
    layers = calibrate(load(training).model, ROWS, 1)
    scales = {name: layer.scales for name, layer in layers.items()}
    models = [Running(training, partial(kind, layers=scales)) for kind in (StaticGraph, Around)]
    found, expected = (alone_and_mixed(model, ROWS)[0] for model in models)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_dynamic_int8_depends_on_the_neighbours(training: Path) -> None:
    alone, mixed = alone_and_mixed(Running(training, DynamicGraph), ROWS)
    assert np.abs(alone - mixed).max() > 1e-4
    np.testing.assert_allclose(alone, mixed, atol=0.2)


def test_layers_that_are_not_named_stay_in_fp32(training: Path) -> None:
    model = load(training).model
    rounded = graph.build(model, partial(StaticGraph, layers={}))
    assert not [node for node in rounded.graph.node if "Quantize" in node.op_type]


def test_the_bias_before_a_gelu_is_inside_its_product(training: Path) -> None:
    graph_of = graph.build(load(training).model, DynamicGraph).graph
    makers = {name: node for node in graph_of.node for name in node.output}
    products = [makers[node.input[0]] for node in graph_of.node if node.op_type == "Gelu"]
    assert [node.op_type for node in products] == ["DynamicQuantizeMatMul"] * 2
    assert all(node.input[-1].endswith("intermediate.dense.bias") for node in products)


def test_queries_keys_and_values_share_one_rounding(training: Path) -> None:
    model = load(training).model
    prefix = "encoder.encoder.layer.0.attention.self"
    same = Scales.between(-1, 1)
    layers = {f"{prefix}.{part}": same for part in ("query", "key", "value")}
    rounded = graph.build(model, partial(StaticGraph, layers=layers))
    kinds = [node.op_type for node in rounded.graph.node]
    assert (kinds.count("QuantizeLinear"), kinds.count("QAttention")) == (1, 1)


def test_attention_of_which_a_part_stays_in_fp32_has_three_products(training: Path) -> None:
    model = load(training).model
    prefix = "encoder.encoder.layer.0.attention.self"
    same = Scales.between(-1, 1)
    layers = {f"{prefix}.{part}": same for part in ("query", "value")}
    kinds = [
        node.op_type for node in graph.build(model, partial(StaticGraph, layers=layers)).graph.node
    ]
    assert (kinds.count("MatMulIntegerToFloat"), kinds.count("QAttention")) == (2, 0)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (0.5, 2.0), (-2.0, -0.5), (0.0, 0.0)])
def test_zero_is_exact_and_the_range_is_held(low: float, high: float) -> None:
    scales = Scales.between(low, high)
    ends = np.array([[low, 0.0, high]], np.float32)
    found = scales.rounded(ends)
    assert found[0, 1] == 0
    np.testing.assert_allclose(found, ends, atol=scales.scale)


def test_each_column_of_weights_has_its_scale() -> None:
    weight = np.array([[1.0, 100.0], [-0.5, 50.0]], np.float32)
    steps, scale = columns(weight)
    np.testing.assert_allclose(scale, [1 / 127, 100 / 127], rtol=1e-6)
    np.testing.assert_allclose(steps * scale, weight, rtol=0.01)


def test_what_channels_are_divided_by_is_multiplied_into_the_weights() -> None:
    smooth = np.array([4.0, 1.0], np.float32)
    rows, weight = np.array([[8.0, 1.0]], np.float32), np.array([[1.0], [3.0]], np.float32)
    steps, scale = columns(weight, smooth)
    left = Scales.between(0, 2, smooth).rounded(rows)
    np.testing.assert_allclose(left @ (steps * scale), rows @ weight, rtol=0.02)
