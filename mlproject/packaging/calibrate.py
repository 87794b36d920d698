"""Scales of static int8 from training texts, and how much each linear layer loses by them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from onnx import ModelProto, TensorProto, helper

from mlproject.packaging import graph
from mlproject.packaging.graph import Array
from mlproject.packaging.int8 import Scales, SplitGraph, columns
from mlproject.serving.predictor import session
from mlproject.training.model import Classifier

log = logging.getLogger(__name__)

SAMPLED = 4  # rows of each text that the loss is estimated on
GAIN = 3.0  # dB that dividing the channels must win, for it costs a product
SMOOTHING = 0.5  # Xiao et al. 2023, "SmoothQuant", equation 4: alpha
LEAST = 1e-5


@dataclass(frozen=True, eq=False)
class Layer:
    """A linear layer in int8."""

    scales: Scales
    signal: float  # dB of its output over what rounding adds to it


@dataclass
class Seen:
    """What a linear layer is given: range of each channel (in,), and some rows (N, in)."""

    low: Array
    high: Array
    rows: list[Array] = field(default_factory=list)


class Watched(SplitGraph):
    """Notes in ``inputs`` what every linear layer is given: layer -> tensor."""

    def __init__(
        self, weights: Mapping[str, Array], heads: int, epsilon: float, inputs: dict[str, str]
    ) -> None:
        super().__init__(weights, heads, epsilon)
        self._inputs = inputs

    def linear(self, hidden: str, name: str, bias: str = "") -> str:
        self._inputs[name] = hidden
        return super().linear(hidden, name, bias)


def calibrate(
    classifier: Classifier, rows: Sequence[Sequence[int]], threads: int
) -> dict[str, Layer]:
    """Every linear layer of the encoder; ``rows`` are the token ids of training texts."""
    inputs: dict[str, str] = {}
    model = graph.build(classifier, partial(Watched, inputs=inputs))
    seen = _watch(model, sorted(set(inputs.values())), rows, threads)
    result: dict[str, Layer] = {}
    for tensor, found in seen.items():
        names = [name for name, given in inputs.items() if given == tensor]
        state = classifier.state_dict()
        weights = {name: state[f"{name}.weight"].float().numpy().T for name in names}
        result |= _best(weights, found)
    return result


def _watch(
    model: ModelProto, tensors: Sequence[str], rows: Sequence[Sequence[int]], threads: int
) -> dict[str, Seen]:
    for name in tensors:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    running = session(model.SerializeToString(), threads)
    draw = np.random.default_rng(0)
    seen: dict[str, Seen] = {}
    for row in rows:
        ids = np.array([row], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        for name, value in zip(tensors, running.run(tensors, given), strict=True):
            _note(seen, name, value[0], draw)
    return seen


def _note(seen: dict[str, Seen], name: str, rows: Array, draw: np.random.Generator) -> None:
    low, high = rows.min(axis=0), rows.max(axis=0)
    known = seen.setdefault(name, Seen(low, high))
    known.low, known.high = np.minimum(known.low, low), np.maximum(known.high, high)
    known.rows.append(rows[draw.integers(len(rows), size=min(SAMPLED, len(rows)))])


def _best(weights: Mapping[str, Array], seen: Seen) -> dict[str, Layer]:
    """The layers that share an input share its scales: with divided channels, if that wins."""
    rows = np.concatenate(seen.rows)
    plain = Scales.between(float(seen.low.min()), float(seen.high.max()))
    smooth = _smooth(np.maximum(seen.high, -seen.low), weights)
    low, high = (seen.low / smooth).min(), (seen.high / smooth).max()
    divided = Scales.between(float(low), float(high), smooth)
    losses = {
        scales: {name: signal(rows, weight, scales) for name, weight in weights.items()}
        for scales in (plain, divided)
    }
    gain = np.mean(list(losses[divided].values())) - np.mean(list(losses[plain].values()))
    scales = divided if gain >= GAIN else plain
    return {name: Layer(scales, loss) for name, loss in losses[scales].items()}


def _smooth(largest: Array, weights: Mapping[str, Array]) -> Array:
    """What each channel is divided by: as hard for the rows as for the weights."""
    heaviest = np.max([np.abs(weight).max(axis=1) for weight in weights.values()], axis=0)
    rows, columns_ = np.maximum(largest, LEAST), np.maximum(heaviest, LEAST)
    factor = rows**SMOOTHING / columns_ ** (1 - SMOOTHING)
    scaled: Array = (factor / np.exp(np.log(factor).mean())).astype(np.float32)
    return scaled


def signal(rows: Array, weight: Array, scales: Scales) -> float:
    """dB of ``rows`` (N, in) times ``weight`` (in, out) over the error of the same in int8."""
    exact = rows @ weight
    steps, scale = columns(weight, scales.smooth)
    error = scales.rounded(rows) @ (steps * scale) - exact
    return float(10 * np.log10(max((exact**2).sum(), LEAST) / max((error**2).sum(), LEAST)))
