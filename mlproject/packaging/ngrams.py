"""The linear model over n-grams as ONNX nodes: what ``training/ngrams.py`` computes."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from mlproject.training.ngrams import BUCKETS, FACTOR


class Nodes(Protocol):
    """What of the graph is needed; ``node`` and ``constant`` return names."""

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str: ...

    def constant(self, name: str, value: NDArray[np.generic]) -> str: ...

    def parameter(self, name: str) -> str: ...


def logits(graph: Nodes, ids: str, mask: str, sizes: tuple[int, ...]) -> str:
    """``ids`` and ``mask`` (B, T) int64 -> (B, labels)."""
    weight, idf = graph.parameter("ngrams.weight"), graph.parameter("ngrams.idf")
    totals, squares = [], []
    for size in sizes:
        buckets, valid = _hashed(graph, ids, mask, size)
        count = _counts(graph, buckets, valid, size)
        frequency = graph.node("Add", graph.node("Log", count), _number(graph, f"one_{size}", 1.0))
        share = graph.node("Mul", graph.node("Div", frequency, count), valid)  # (B, S)
        rows = graph.node("Gather", weight, buckets)  # (B, S, labels)
        row = graph.node("Unsqueeze", share, _axis(graph, f"row_{size}", 1))
        total = graph.node("MatMul", row, rows)
        totals.append(graph.node("Squeeze", total, _axis(graph, f"total_{size}", 1)))
        scaled = graph.node("Mul", share, graph.node("Gather", idf, buckets))
        square = graph.node("Mul", graph.node("Mul", scaled, scaled), count)
        squares.append(graph.node("ReduceSum", square, _axis(graph, f"square_{size}", 1)))
    square = graph.node("Max", graph.node("Sum", *squares), _number(graph, "least", 1e-12))
    found = graph.node("Div", graph.node("Sum", *totals), graph.node("Sqrt", square))
    return graph.node("Add", found, graph.parameter("ngrams.bias"))


def _hashed(graph: Nodes, ids: str, mask: str, size: int) -> tuple[str, str]:
    """Buckets, int64, and whether the n-gram is whole, float: (B, T - size + 1)."""
    buckets = ""
    for offset in range(size):
        token = _columns(graph, ids, offset, size, f"id_{size}_{offset}")
        before = (
            _whole(graph, f"start_{size}", size * FACTOR % BUCKETS)
            if not buckets
            else graph.node("Mul", buckets, _whole(graph, f"factor_{size}_{offset}", FACTOR))
        )
        following = graph.node("Add", token, _whole(graph, f"next_{size}_{offset}", 1))
        total = graph.node("Add", before, following)
        buckets = graph.node("Mod", total, _whole(graph, f"buckets_{size}_{offset}", BUCKETS))
    whole = _columns(graph, mask, size - 1, size, f"mask_{size}")
    return buckets, graph.node("Cast", whole, to=TensorProto.FLOAT)


def _counts(graph: Nodes, buckets: str, valid: str, size: int) -> str:
    """How often each place's n-gram is in its text, at least 1: (B, S)."""
    down = graph.node("Unsqueeze", buckets, _axis(graph, f"down_{size}", 2))
    across = graph.node("Unsqueeze", buckets, _axis(graph, f"across_{size}", 1))
    same = graph.node("Cast", graph.node("Equal", down, across), to=TensorProto.FLOAT)
    column = graph.node("Unsqueeze", valid, _axis(graph, f"column_{size}", 2))
    count = graph.node("Squeeze", graph.node("MatMul", same, column), _axis(graph, f"c_{size}", 2))
    return graph.node("Max", count, _number(graph, f"once_{size}", 1.0))


def _columns(graph: Nodes, whole: str, offset: int, size: int, name: str) -> str:
    """Columns ``offset`` to T - size + offset + 1."""
    left = size - 1 - offset
    end = -left if left else np.iinfo(np.int64).max
    parts = [
        graph.constant(f"{name}_{part}", np.array([value]))
        for part, value in (("start", offset), ("end", end), ("axis", 1))
    ]
    return graph.node("Slice", whole, *parts)


def _axis(graph: Nodes, name: str, axis: int) -> str:
    return graph.constant(f"ngrams_axis_{name}", np.array([axis]))


def _whole(graph: Nodes, name: str, value: int) -> str:
    return graph.constant(f"ngrams_{name}", np.array(value))


def _number(graph: Nodes, name: str, value: float) -> str:
    return graph.constant(f"ngrams_{name}", np.array(value, np.float32))
