"""Static int8 as QuantizeLinear and DequantizeLinear around each MatMul."""

import numpy as np

from mlproject.packaging.int8 import StaticGraph, columns


class Around(StaticGraph):
    """What onnxruntime makes integer products of by itself."""

    def linear(self, hidden: str, name: str, bias: str = "") -> str:
        scales = self._layers[name]
        steps, scale = columns(self.weight(f"{name}.weight").T, scales.smooth)
        weight = self.node(
            "DequantizeLinear",
            self.constant(f"{name}.weight_int8", steps),
            self.constant(f"{name}.weight_scale", scale),
            self.constant(f"{name}.weight_zero", np.zeros(len(scale), np.int8)),
            axis=1,
        )
        rows = self.node("DequantizeLinear", *self._rows(hidden, name, scales))
        return self.plus(self.node("MatMul", rows, weight), bias)

    def attention(self, hidden: str, mask: str, prefix: str) -> str:
        return super(StaticGraph, self).attention(hidden, mask, prefix)
