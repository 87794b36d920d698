"""BERT with random weights in ONNX as its users make it, without this project: nothing is served.

Twice: as PyTorch exports it for texts of one length, which is what the classic design runs, and as
onnxruntime's own tools make int8 of it, which says how fast a machine is beside another one.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from torch import Tensor, nn
from transformers import BertConfig, BertForSequenceClassification

WORDS = 21_128  # of bert-base-chinese
LABELS = 2
FLOAT = {"DefaultTensorType": 1}  # what comes out of operators that the quantiser does not know
NAMES: dict[str, Any] = {
    "input_names": ["input_ids", "attention_mask"],
    "output_names": ["probabilities"],
}


class Exported(nn.Module):
    """The class of transformers and a softmax; ``attention`` as it names it, None: its choice."""

    def __init__(self, layers: int, attention: str | None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.config = BertConfig(vocab_size=WORDS, num_hidden_layers=layers)
        self.config.num_labels = LABELS
        self.model = BertForSequenceClassification(self.config)
        if attention is not None:
            self.model.set_attn_implementation(attention)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids, attention_mask).logits
        return logits.softmax(-1)


def fixed(path: Path, layers: int, attention: str | None, length: int) -> None:
    """Write fp32 for one text of ``length`` tokens: PyTorch's exporter without an option."""
    model = Exported(layers, attention).eval()
    ids, mask = torch.ones((2, 1, length), dtype=torch.int64)
    with quiet():
        torch.onnx.export(
            model, (ids, mask), str(path), external_data=False, verbose=False, **NAMES
        )


def int8(layers: int) -> bytes:
    """Fused by onnxruntime's optimizer for BERT, then quantised with dynamic scales.

    The optimizer knows only the graphs of PyTorch's older exporter.
    """
    model = Exported(layers, "eager").eval()
    ids, mask = torch.ones((2, 1, 8), dtype=torch.int64)
    axes = {name: {0: "batch", 1: "length"} for name in NAMES["input_names"]}
    with quiet(), tempfile.TemporaryDirectory() as name:
        plain, fused, found = (Path(name) / f"{each}.onnx" for each in ("plain", "fused", "int8"))
        torch.onnx.export(model, (ids, mask), str(plain), dynamo=False, dynamic_axes=axes, **NAMES)
        optimizer.optimize_model(
            str(plain),
            model_type="bert",
            num_heads=model.config.num_attention_heads,
            hidden_size=model.config.hidden_size,
            opt_level=0,
            optimization_options=FusionOptions("bert"),
        ).save_model_to_file(str(fused))
        quantize_dynamic(str(fused), str(found), weight_type=QuantType.QInt8, extra_options=FLOAT)
        return found.read_bytes()


@contextmanager
def quiet() -> Iterator[None]:
    """Without what exporters say of their own parts."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
