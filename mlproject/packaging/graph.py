"""One ONNX file from a trained network: softmax inside, batch and length dynamic."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from onnx import ModelProto
from torch import Tensor, nn

from mlproject.training.model import Classifier

log = logging.getLogger(__name__)

OPSET = 17
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "probabilities"


class Probabilities(nn.Module):
    """Softmax over the classifier's logits."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Two (N, T) int64 -> (N, labels) float32."""
        return torch.softmax(self.classifier(input_ids, attention_mask).float(), dim=-1)


def trace(classifier: Classifier, path: Path) -> None:
    """Write the plain graph.

    The tracing exporter on eager attention is used because the shapes that it writes are those
    that onnxruntime's optimizer knows: the graphs of ``torch.export`` keep attention unfused.
    """
    classifier.encoder.set_attn_implementation("eager")
    ids = torch.tensor([[1, 2, 3, 4], [1, 2, 0, 0]])
    dynamic = {name: {0: "batch", 1: "length"} for name in INPUTS} | {OUTPUT: {0: "batch"}}
    with warnings.catch_warnings():
        # Tracing asks Python questions about tensors; parity on real texts is what answers them.
        for category in (DeprecationWarning, torch.jit.TracerWarning, UserWarning):
            warnings.simplefilter("ignore", category)
        torch.onnx.export(
            Probabilities(classifier).eval(),
            (ids, (ids != 0).long()),
            str(path),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
        )


def fuse(path: Path, classifier: Classifier) -> ModelProto | None:
    """The graph with one operator per attention, GELU and layer norm; None if it cannot be."""
    from onnxruntime.transformers.optimizer import optimize_model

    config = classifier.config
    model = optimize_model(
        str(path),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
    )
    found = model.get_fused_operator_statistics()
    if found["Attention"] != config.num_hidden_layers:
        log.warning("attention is not fused in every layer (%s): plain graph", found["Attention"])
        return None
    fused: ModelProto = model.model
    return fused


def write(classifier: Classifier, path: Path, metadata: Mapping[str, str]) -> bool:
    """Write the ONNX file with its metadata; True when its operators are fused."""
    classifier = classifier.eval().cpu().float()
    plain = path.with_suffix(".plain")
    trace(classifier, plain)
    try:
        fused = fuse(plain, classifier)
        model = fused or onnx.load(str(plain))
    finally:
        plain.unlink()
    onnx.helper.set_model_props(model, dict(sorted(metadata.items())))
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return fused is not None
