"""The graph with fp16 weights and products, for a GPU; n-grams and softmax stay in fp32."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from mlproject.packaging.graph import Array, Graph


class HalfGraph(Graph):
    """As ``Graph``; what comes after the encoder's logits is fp32 again."""

    def __init__(self, weights: Mapping[str, Array], heads: int, epsilon: float) -> None:
        super().__init__(weights, heads, epsilon)
        self._half = True

    def constant(self, name: str, value: NDArray[Any]) -> str:
        if self._half and value.dtype == np.float32:
            value = value.astype(np.float16)
        return super().constant(name, value)

    def head(self, first: str) -> str:
        logits = super().head(first)
        self._half = False
        return self.node("Cast", logits, to=TensorProto.FLOAT)
