"""What the benchmark's peers run is the network that they say, in the form that they say."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from benchmarks.exported import Exported, fixed, int8

LENGTH = 16


def answer(
    model: str | bytes, ids: NDArray[np.int64], mask: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    given = {"input_ids": ids, "attention_mask": np.ones_like(ids) if mask is None else mask}
    (found,) = InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, given)
    probabilities: NDArray[np.float32] = found
    return probabilities


def expected(ids: NDArray[np.int64]) -> NDArray[np.float32]:
    rows = torch.from_numpy(ids)
    with torch.inference_mode():
        found: torch.Tensor = Exported(1, None).eval()(rows, torch.ones_like(rows))
    probabilities: NDArray[np.float32] = found.numpy()
    return probabilities


@pytest.mark.parametrize("attention", [None, "eager"])
def test_an_export_answers_as_the_network_whatever_is_padded(
    attention: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    fixed(path, 1, attention, LENGTH)
    ids = np.arange(100, 100 + LENGTH)[None]
    assert answer(str(path), ids) == pytest.approx(expected(ids), abs=1e-5)
    mask = (np.arange(LENGTH) < 7).astype(np.int64)[None]
    assert answer(str(path), ids * mask, mask) == pytest.approx(expected(ids[:, :7]), abs=1e-5)


def test_int8_of_onnxruntimes_tools_is_fused_and_takes_any_length() -> None:
    model = int8(1)
    operators = [node.op_type for node in onnx.load_from_string(model).graph.node]
    assert operators.count("QAttention") == 1
    assert operators.count("SkipLayerNormalization") == 2
    for length in (5, 40):
        ids = np.arange(100, 100 + length)[None]
        assert answer(model, ids) == pytest.approx(expected(ids), abs=0.05)
