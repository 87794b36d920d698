"""Tokens as characters, and a text's lines, as ONNX nodes: ``training/characters.py``."""

import numpy as np
from onnx import TensorProto

from mlproject.packaging.nodes import Nodes


def spread(graph: Nodes, ids: str, mask: str, table: str, name: str) -> tuple[str, str]:
    """``ids``, ``mask`` (B, T) int64 of tokens -> of characters (B, C), C of the longest text."""
    parts = graph.node("Gather", table, ids)  # (B, T, W), with holes
    zero, one = (_whole(graph, f"{name}_{number}", number) for number in (0, 1))
    there = _flag(graph, "GreaterOrEqual", parts, zero)
    column = graph.node("Unsqueeze", mask, _list(graph, f"{name}_column", 2))
    flat = _list(graph, f"{name}_flat", 0, -1)
    valid = graph.node("Reshape", graph.node("Mul", there, column), flat)  # (B, T W)
    found = graph.node("Mul", graph.node("Reshape", parts, flat), valid)
    along = _whole(graph, f"{name}_along", 1)
    places = graph.node("Mul", graph.node("CumSum", valid, along), valid)  # holes go to place 0
    pads = _list(graph, f"{name}_pads", 0, 1, 0, 0)
    empty = graph.node("Pad", graph.node("Sub", valid, valid), pads)
    together = graph.node("ScatterElements", empty, places, found, axis=1)
    number = graph.node("ReduceSum", valid, _list(graph, f"{name}_sum", 1), keepdims=1)
    longest = graph.node("ReduceMax", number, keepdims=0)
    end = graph.node("Reshape", graph.node("Add", longest, one), _list(graph, f"{name}_end", 1))
    first, axis = _list(graph, f"{name}_first", 1), _list(graph, f"{name}_axis", 1)
    characters = graph.node("Slice", together, first, end, axis)
    return characters, _flag(graph, "Less", graph.node("Range", zero, longest, one), number)


def first_lines(graph: Nodes, ids: str, line: int) -> str:
    """(B, T) int64, 1 for each token before the first end of a line; 0 in texts of one line."""
    ends = _flag(graph, "Equal", ids, _whole(graph, "line", line))
    so_far = graph.node("CumSum", ends, _whole(graph, "line_along", 1))
    before = _flag(graph, "Equal", so_far, _whole(graph, "line_zero", 0))
    return graph.node("Mul", before, graph.node("ReduceMax", ends, axes=[1], keepdims=1))


def behind_first_line(graph: Nodes, ids: str, line: int) -> str:
    """(B, T) int32, 1 for each token behind the first end of a line."""
    ends = _flag(graph, "Equal", ids, _whole(graph, "segment_line", line))
    before = graph.node("CumSum", ends, _whole(graph, "segment_along", 1), exclusive=1)
    behind = graph.node("Greater", before, _whole(graph, "segment_zero", 0))
    return graph.node("Cast", behind, to=TensorProto.INT32)


def _flag(graph: Nodes, operator: str, *inputs: str) -> str:
    return graph.node("Cast", graph.node(operator, *inputs), to=TensorProto.INT64)


def _whole(graph: Nodes, name: str, value: int) -> str:
    return graph.constant(f"characters_{name}", np.array(value, np.int64))


def _list(graph: Nodes, name: str, *values: int) -> str:
    return graph.constant(f"characters_{name}", np.array(values, np.int64))
