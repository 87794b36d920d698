"""BERT-base with random weights in each form that `convert` writes, beside what the processor can.

python -m benchmarks.int8 [--quick] [--threads N]

Beside them is the int8 that onnxruntime's own tools make of the same network. The limit is all
products at the pace of one large int8 product of onnxruntime, measured in turns with the forms, so
compare the columns of one line.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession, SessionOptions
from transformers import BertConfig

from benchmarks import exported
from mlproject.packaging import graph
from mlproject.packaging.calibrate import calibrate
from mlproject.packaging.int8 import DynamicGraph, StaticGraph
from mlproject.serving.predictor import session
from mlproject.training.model import Classifier

SHAPES = ((1, 32), (1, 64), (1, 128), (8, 64))  # texts, tokens
OTHER = "onnxruntime"  # its own tools' int8
NAMES = ("fp32", OTHER, "dynamic", "static")
LARGE = 2_048  # rows and columns of the large product
LAYER = 2 * (4 * 768**2 + 2 * 768 * 3072)  # operations of one token in a layer's products
LAST = 2 * (2 * 768**2)  # the same where only keys and values are computed for it
ATTENTION = 4 * 768  # operations of one token in a layer for each token of its text

Run = Callable[[], object]


def forms(layers: int, threads: int) -> dict[str, Callable[[int, int], Run]]:
    """Name -> (texts, tokens) -> what runs them."""
    torch.manual_seed(0)
    config = BertConfig(vocab_size=exported.WORDS, num_hidden_layers=layers)
    config.num_labels = 2
    classifier = Classifier(config).eval()
    draw = np.random.default_rng(0)
    rows = [draw.integers(100, 21_000, int(size)).tolist() for size in draw.integers(10, 80, 8)]
    scales = {name: layer.scales for name, layer in calibrate(classifier, rows, threads).items()}
    kinds: Mapping[str, graph.Kind] = {
        "fp32": graph.Graph,
        "dynamic": DynamicGraph,
        "static": partial(StaticGraph, layers=scales),
    }

    def made(running: InferenceSession) -> Callable[[int, int], Run]:
        def run(texts: int, tokens: int) -> Run:
            ids = draw.integers(100, 21_000, (texts, tokens))
            given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            return lambda: running.run(None, given)

        return run

    options = SessionOptions()
    options.intra_op_num_threads = threads
    # After a run its threads would look for work while the next form runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    found = {OTHER: made(InferenceSession(exported.int8(layers), options))}
    for name, kind in kinds.items():
        found[name] = made(session(graph.build(classifier, kind).SerializeToString(), threads))
    return {name: found[name] for name in NAMES}


def product(threads: int) -> Run:
    """One int8 product of two large matrices."""
    draw = np.random.default_rng(0)
    weight = draw.integers(-127, 127, (LARGE, LARGE)).astype(np.int8)
    zero = numpy_helper.from_array(np.array(128, np.uint8), "zero")
    body = helper.make_graph(
        [helper.make_node("MatMulInteger", ["rows", "weight", "zero"], ["result"])],
        "product",
        [helper.make_tensor_value_info("rows", TensorProto.UINT8, [None, LARGE])],
        [helper.make_tensor_value_info("result", TensorProto.INT32, None)],
        [numpy_helper.from_array(weight, "weight"), zero],
    )
    opsets = [helper.make_opsetid("", graph.OPSET)]
    model: onnx.ModelProto = helper.make_model(body, opset_imports=opsets, ir_version=8)
    running = session(model.SerializeToString(), threads)
    rows = draw.integers(0, 255, (LARGE, LARGE)).astype(np.uint8)
    return lambda: running.run(None, {"rows": rows})


def fastest(runs: Mapping[str, Run], rounds: int) -> dict[str, float]:
    """Seconds of each one's fastest run; they take turns."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds + 1):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


@dataclass(frozen=True)
class Measured:
    """One shape: milliseconds of each form, and of all its products at the machine's int8 pace."""

    texts: int
    tokens: int
    forms: dict[str, float]
    limit: float

    @property
    def ratio(self) -> float:
        """Static int8, which is served, beside the limit."""
        return self.forms["static"] / self.limit


def measure(
    layers: int, rounds: int, threads: int, shapes: Sequence[tuple[int, int]] = SHAPES
) -> Iterator[Measured]:
    made, large = forms(layers, threads), product(threads)
    for texts, tokens in shapes:
        runs = {name: run(texts, tokens) for name, run in made.items()}
        best = fastest({**runs, "large": large}, rounds)
        pace = 2 * LARGE**3 / best.pop("large")  # operations a second
        work = texts * tokens * ((layers - 1) * (LAYER + ATTENTION * tokens) + LAST)
        taken = {name: seconds * 1e3 for name, seconds in best.items()}
        yield Measured(texts, tokens, taken, work / pace * 1e3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 layers, 3 rounds")
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    given = parser.parse_args()
    layers, rounds = (2, 3) if given.quick else (12, 15)
    print(f"{layers} layers, load {os.getloadavg()[0]:.1f}")
    print("texts tokens  " + "".join(f"{f'{name} ms':>16}" for name in NAMES) + "  static / limit")
    for found in measure(layers, rounds, given.threads):
        times = "".join(f"{found.forms[name]:16.1f}" for name in NAMES)
        print(f"{found.texts:5} {found.tokens:6}  {times}  {found.ratio:14.2f}", flush=True)


if __name__ == "__main__":
    main()
