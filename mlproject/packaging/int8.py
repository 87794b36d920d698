"""The graph with int8 products; weights have a scale per column.

Static: scales of activations fixed beforehand, so that no text changes another's answer; written as
the integer products that onnxruntime would make of MatMuls between QuantizeLinear and
DequantizeLinear, with the same answers: it makes three of queries, keys and values, and adds a bias
afterwards. Dynamic: a scale for what is in the whole tensor, other texts included.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlproject.packaging.graph import FUSED, Array, Graph

STEPS = 255  # of an unsigned byte
LARGEST = 127  # of a signed byte
LEAST = 1e-12  # a scale below is taken as this one

Rows = tuple[str, str, str]  # bytes, their scale and their zero


@dataclass(frozen=True, eq=False)
class Scales:
    """How the rows that a linear layer is given become bytes: x / smooth / scale + zero."""

    scale: float
    zero: int
    smooth: Array | None = None  # (in,): what each channel is divided by, its weights multiplied

    @classmethod
    def between(cls, low: float, high: float, smooth: Array | None = None) -> "Scales":
        low, high = min(low, 0.0), max(high, 0.0)  # 0 must be exact
        scale = max((high - low) / STEPS, LEAST)
        return cls(scale, int(np.clip(round(-low / scale), 0, STEPS)), smooth)

    def rounded(self, rows: Array) -> Array:
        """What of ``rows`` (N, in) is left, already divided by ``smooth``."""
        given = rows if self.smooth is None else rows / self.smooth
        steps = np.clip(np.rint(given / self.scale) + self.zero, 0, STEPS) - self.zero
        left: Array = (steps * self.scale).astype(np.float32)
        return left


def columns(weight: Array, smooth: Array | None = None) -> tuple[NDArray[np.int8], Array]:
    """``weight`` (in, out), its rows times ``smooth``, as bytes and a scale per column (out,)."""
    given = weight if smooth is None else weight * smooth[:, None]
    scale = np.maximum(np.abs(given).max(axis=0), LEAST) / LARGEST
    steps = np.clip(np.rint(given / scale), -LARGEST, LARGEST)
    return steps.astype(np.int8), scale.astype(np.float32)


class SplitGraph(Graph):
    """Queries, keys and values of every layer are linear layers of their own."""

    def attention(self, hidden: str, mask: str, prefix: str) -> str:
        parts = [self.linear(hidden, f"{prefix}.{part}") for part in ("query", "key", "value")]
        return self.node(
            "MultiHeadAttention",
            *(*parts, self._bias(prefix), mask),
            domain=FUSED,
            num_heads=self._heads,
        )


class IntegerGraph(SplitGraph):
    """What both kinds of scales share."""

    def bytes_of(self, name: str, weight: Array, smooth: Array | None = None) -> tuple[str, ...]:
        """Bytes, scale and zero of each column."""
        steps, scale = columns(weight, smooth)
        return (
            self.constant(f"{name}_int8", steps),
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero", np.zeros(len(scale), np.int8)),
        )

    def attend(self, prefix: str, rows: Rows, mask: str, smooth: Array | None = None) -> str:
        """Self-attention of rows in bytes, queries, keys and values in one product."""
        weight, column, none = self.bytes_of(f"{prefix}.weight", self._joined(prefix), smooth)
        steps, scale, zero = rows
        return self.node(
            "QAttention",
            *(steps, weight, self._bias(prefix), scale, column, mask, zero, none),
            domain=FUSED,
            num_heads=self._heads,
        )


class DynamicGraph(IntegerGraph):
    """Every linear layer of the encoder in int8, with scales found in each run.

    A bias inside the product takes 2 to 4 % less of a question's time than an addition after it.
    """

    def linear(self, hidden: str, name: str, bias: str = "") -> str:
        weight = self.bytes_of(f"{name}.weight", self.weight(f"{name}.weight").T)
        given = (*weight, bias) if bias else weight
        return self.node("DynamicQuantizeMatMul", hidden, *given, domain=FUSED)

    def attention(self, hidden: str, mask: str, prefix: str) -> str:
        rows = self.node("DynamicQuantizeLinear", hidden)
        scale, zero = f"{rows}_scale", f"{rows}_zero"
        self.nodes[-1].output.extend((scale, zero))
        return self.attend(prefix, (rows, scale, zero), mask)


class StaticGraph(IntegerGraph):
    """``layers``: the linear layers in int8 by name; the others stay as they are."""

    def __init__(
        self,
        weights: Mapping[str, Array],
        heads: int,
        epsilon: float,
        layers: Mapping[str, Scales],
    ) -> None:
        super().__init__(weights, heads, epsilon)
        self._layers = layers
        self._rounded: dict[tuple[str, int], Rows] = {}

    def linear(self, hidden: str, name: str, bias: str = "") -> str:
        scales = self._layers.get(name)
        if scales is None:
            return super().linear(hidden, name, bias)
        weight = self.weight(f"{name}.weight").T
        steps, column, none = self.bytes_of(f"{name}.weight", weight, scales.smooth)
        rows, scale, zero = self._rows(hidden, name, scales)
        given = (rows, steps, scale, column, zero, none, *([bias] if bias else []))
        return self.node("MatMulIntegerToFloat", *given, domain=FUSED)

    def attention(self, hidden: str, mask: str, prefix: str) -> str:
        names = [f"{prefix}.{part}" for part in ("query", "key", "value")]
        scales = self._layers.get(names[0])
        if scales is None or any(self._layers.get(name) is not scales for name in names):
            return super().attention(hidden, mask, prefix)
        return self.attend(prefix, self._rows(hidden, names[0], scales), mask, scales.smooth)

    def _rows(self, hidden: str, name: str, scales: Scales) -> Rows:
        """``hidden`` as bytes; the same for all layers that share its scales."""
        key = (hidden, id(scales))
        if key not in self._rounded:
            if scales.smooth is not None:
                factor = self.constant(f"{name}.input_factor", 1 / scales.smooth)
                hidden = self.node("Mul", hidden, factor)
            scale = self.constant(f"{name}.input_scale", np.array(scales.scale, np.float32))
            zero = self.constant(f"{name}.input_zero", np.array(scales.zero, np.uint8))
            self._rounded[key] = (self.node("QuantizeLinear", hidden, scale, zero), scale, zero)
        return self._rounded[key]
