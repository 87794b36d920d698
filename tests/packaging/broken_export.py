"""The command line with an export that is deliberately broken: a program of its own for a test."""

import sys

import numpy as np
import onnx
from onnx import numpy_helper

from mlproject.__main__ import main
from mlproject.packaging import graph
from mlproject.training.model import Classifier

build = graph.build


def broken(classifier: Classifier, kind: graph.Kind = graph.Graph) -> onnx.ModelProto:
    """As ``graph.build``, with one label's weights moved."""
    model = build(classifier, kind)
    (weight,) = [item for item in model.graph.initializer if item.name == "output.weight"]
    moved = numpy_helper.to_array(weight).copy()
    moved[0] += np.float32(0.01)
    weight.CopyFrom(numpy_helper.from_array(moved, weight.name))
    return model


if __name__ == "__main__":
    graph.build = broken
    sys.exit(main())
