"""What the candidates are timed beside and what is never served: PyTorch and OpenVINO."""

import contextlib
import importlib
import sys
import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mlproject.packaging.timing import Rows, Run


def of(model: nn.Module, rows: Rows, threads: int) -> dict[str, Run | str]:
    """Name -> how it is run, or why it is not. ``rows``: token ids that OpenVINO is calibrated on.

    PyTorch works on as many threads as it is set to.
    """
    found: dict[str, Run | str] = {"pytorch": pytorch(model)}
    for name, make in (("openvino_bf16", _bf16), ("openvino_int8", _int8)):
        try:
            found[name] = _openvino(make(model, rows), threads)
        except ImportError as error:
            found[name] = f"{error.name} is not installed"
        except Exception as error:  # a peer that fails must not end the step
            found[name] = f"fails: {type(error).__name__}"
    return found


def pytorch(model: nn.Module) -> Run:
    def run(rows: Rows) -> object:
        with torch.inference_mode():
            answers: Tensor = model(*_padded(rows))
            return answers.softmax(dim=-1).numpy()

    return run


def _padded(rows: Rows) -> tuple[Tensor, Tensor]:
    """Ids and mask (B, T) int64; what padding holds does not matter."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask


class _Answers(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        answers: Tensor = self.model(input_ids, attention_mask).softmax(dim=-1)
        return answers


def _bf16(model: nn.Module, rows: Rows) -> Any:
    openvino = importlib.import_module("openvino")
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PyTorch's tracer, about lengths that do not matter
        return openvino.convert_model(_Answers(model), example_input=_padded([rows[0], rows[-1]]))


def _int8(model: nn.Module, rows: Rows) -> Any:
    traced, nncf = _bf16(model, rows), importlib.import_module("nncf")
    texts = [[part.numpy() for part in _padded([row])] for row in rows]
    with contextlib.redirect_stdout(sys.stderr):  # its bars; a step's result goes to stdout
        return nncf.quantize(
            traced,
            nncf.Dataset(texts),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(rows),
        )


def _openvino(model: Any, threads: int) -> Run:
    openvino = importlib.import_module("openvino")
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    compiled = openvino.Core().compile_model(model, "CPU", settings)

    def run(rows: Rows) -> object:
        return np.asarray(compiled([part.numpy() for part in _padded(rows)])[0])

    return run
