"""The forms of a trained network that can be served, and how each is written."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlproject.packaging import graph
from mlproject.packaging.calibrate import Layer, calibrate
from mlproject.packaging.graph import Kind
from mlproject.packaging.half import HalfGraph
from mlproject.packaging.int8 import DynamicGraph, StaticGraph
from mlproject.packaging.options import Name
from mlproject.serving.predictor import CUDA, providers
from mlproject.training.model import Classifier

log = logging.getLogger(__name__)

SENSITIVE = 15.0  # dB: a linear layer that int8 leaves less of stays in fp32
KEPT = (0.25, 0.5)  # share of the layers, the most sensitive ones, where that was not enough

Write = Callable[[Path, Mapping[str, str]], None]  # file, metadata


@dataclass(frozen=True)
class Candidate:
    name: str
    write: Write


def of(
    name: Name, classifier: Classifier, rows: Callable[[], Sequence[Sequence[int]]], threads: int
) -> Iterator[Candidate]:
    """The candidate of that name and, should it not pass, what is tried in its place.

    ``rows``: token ids of the texts that static scales are calibrated on.
    """
    if name == "fp32":
        yield Candidate(name, _writer(classifier, graph.Graph))
    elif name == "int8_dynamic":
        yield Candidate(name, _writer(classifier, DynamicGraph))
    elif name == "int8_static":
        yield from _static(classifier, rows(), threads)
    elif CUDA in providers():
        yield Candidate(name, _writer(classifier, HalfGraph))
    else:
        log.info("fp16 is not tried: onnxruntime finds no GPU")


def _static(
    classifier: Classifier, rows: Sequence[Sequence[int]], threads: int
) -> Iterator[Candidate]:
    layers = calibrate(classifier, rows, threads)
    worst = sorted(layers, key=lambda name: layers[name].signal)
    sensitive = sum(layer.signal < SENSITIVE for layer in layers.values())
    kept = [sensitive, *(math.ceil(share * len(worst)) for share in KEPT)]
    for number in sorted({number for number in kept if sensitive <= number < len(worst)}):
        chosen = {name: layers[name] for name in worst[number:]}
        log.info("int8: %d of %d linear layers, the others in fp32", len(chosen), len(worst))
        name = f"int8_static_{number}_fp32" if number else "int8_static"
        yield Candidate(name, _writer(classifier, _int8(chosen)))


def _int8(layers: Mapping[str, Layer]) -> Kind:
    return partial(StaticGraph, layers={name: layer.scales for name, layer in layers.items()})


def _writer(classifier: Classifier, kind: Kind) -> Write:
    def write(path: Path, metadata: Mapping[str, str]) -> None:
        graph.write(classifier, path, metadata, kind)

    return write
