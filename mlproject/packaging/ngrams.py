"""The linear model over n-grams as ONNX nodes: what ``training/ngrams.py`` computes."""

import numpy as np
from onnx import TensorProto

from mlproject.packaging.characters import first_lines, spread
from mlproject.packaging.nodes import Nodes
from mlproject.training.ngrams import BUCKETS, FACTOR, LEAST, SALT, Ngrams, View


def logits(graph: Nodes, ids: str, mask: str, model: Ngrams) -> str:
    """``ids`` and ``mask`` (B, T) int64 -> (B, labels)."""
    weight, idf = graph.parameter("ngrams.weight"), graph.parameter("ngrams.idf")
    seen = _views(graph, ids, mask, model)
    least = _number(graph, "least", LEAST)
    found = []
    for view, sizes in model.sizes.items():
        parts = [_part(graph, *seen[view], view, size, weight, idf) for size in sizes]
        totals, squares = ([part[place] for part in parts] for place in (0, 1))
        length = graph.node("Sqrt", graph.node("Max", graph.node("Sum", *squares), least))
        found.append(graph.node("Div", graph.node("Sum", *totals), length))
    return graph.node("Add", graph.node("Sum", *found), graph.parameter("ngrams.bias"))


def _part(
    graph: Nodes, ids: str, mask: str, view: View, size: int, weight: str, idf: str
) -> tuple[str, str]:
    """Sum of the weights of the n-grams of one size, (B, labels), and their squares, (B, 1)."""
    name = f"{view}_{size}"
    buckets, valid = _hashed(graph, ids, mask, size, SALT[view] + size, name)
    count = _counts(graph, buckets, valid, name)
    frequency = graph.node("Add", graph.node("Log", count), _number(graph, f"one_{name}", 1.0))
    share = graph.node("Mul", graph.node("Div", frequency, count), valid)  # (B, S)
    rows = graph.node("Gather", weight, buckets)  # (B, S, labels)
    row = graph.node("Unsqueeze", share, _axis(graph, f"row_{name}", 1))
    total = graph.node("MatMul", row, rows)
    scaled = graph.node("Mul", share, graph.node("Gather", idf, buckets))
    square = graph.node("Mul", graph.node("Mul", scaled, scaled), count)
    return (
        graph.node("Squeeze", total, _axis(graph, f"total_{name}", 1)),
        graph.node("ReduceSum", square, _axis(graph, f"square_{name}", 1)),
    )


def _views(graph: Nodes, ids: str, mask: str, model: Ngrams) -> dict[View, tuple[str, str]]:
    """Ids and mask of what each view looks at, int64."""
    found: dict[View, tuple[str, str]] = {"tokens": (ids, mask)}
    table = graph.constant("ngrams_table", model.table.cpu().numpy())
    if "characters" in model.sizes:
        found["characters"] = spread(graph, ids, mask, table, "characters")
    if "titles" in model.sizes:
        inside = graph.node("Mul", mask, first_lines(graph, ids, model.line))
        found["titles"] = spread(graph, ids, inside, table, "titles")
    return found


def _hashed(graph: Nodes, ids: str, mask: str, size: int, start: int, name: str) -> tuple[str, str]:
    """Buckets, int64, and whether the n-gram is whole, float: (B, T - size + 1)."""
    buckets = ""
    for offset in range(size):
        token = _columns(graph, ids, offset, size, f"id_{name}_{offset}")
        before = (
            _whole(graph, f"start_{name}", start * FACTOR % BUCKETS)
            if not buckets
            else graph.node("Mul", buckets, _whole(graph, f"factor_{name}_{offset}", FACTOR))
        )
        following = graph.node("Add", token, _whole(graph, f"next_{name}_{offset}", 1))
        total = graph.node("Add", before, following)
        buckets = graph.node("Mod", total, _whole(graph, f"buckets_{name}_{offset}", BUCKETS))
    whole = _columns(graph, mask, size - 1, size, f"mask_{name}")
    return buckets, graph.node("Cast", whole, to=TensorProto.FLOAT)


def _counts(graph: Nodes, buckets: str, valid: str, name: str) -> str:
    """How often each place's n-gram is in its text, at least 1: (B, S)."""
    down = graph.node("Unsqueeze", buckets, _axis(graph, f"down_{name}", 2))
    across = graph.node("Unsqueeze", buckets, _axis(graph, f"across_{name}", 1))
    same = graph.node("Cast", graph.node("Equal", down, across), to=TensorProto.FLOAT)
    column = graph.node("Unsqueeze", valid, _axis(graph, f"column_{name}", 2))
    count = graph.node("Squeeze", graph.node("MatMul", same, column), _axis(graph, f"c_{name}", 2))
    return graph.node("Max", count, _number(graph, f"once_{name}", 1.0))


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
