"""Scales from training texts."""

from pathlib import Path

import numpy as np
import pytest

from mlproject.packaging.calibrate import calibrate, signal
from mlproject.packaging.int8 import Scales
from mlproject.training.folder import load
from mlproject.training.model import Classifier

ROWS = [[2, *range(5, 5 + length), 3] for length in range(1, 30)]


@pytest.fixture
def model(training: Path) -> Classifier:
    return load(training).model


def test_every_linear_layer_of_the_encoder_has_scales(model: Classifier) -> None:
    layers = calibrate(model, ROWS, 1)
    wanted = {
        name.removesuffix(".weight")
        for name, value in model.named_parameters()
        if name.startswith("encoder.encoder.") and value.dim() == 2
    }
    assert set(layers) == wanted
    assert min(layer.signal for layer in layers.values()) > 20


def test_the_same_texts_give_the_same_scales(model: Classifier) -> None:
    first, second = (calibrate(model, ROWS, 1) for _ in range(2))
    for name, layer in first.items():
        assert layer.signal == second[name].signal
        assert layer.scales.scale == second[name].scales.scale


def test_a_channel_far_larger_than_the_others_is_divided(model: Classifier) -> None:
    norm = "encoder.encoder.layer.0.attention.output.LayerNorm.weight"
    model.get_parameter(norm).data[3] *= 100
    layers = calibrate(model, ROWS, 1)
    found = layers["encoder.encoder.layer.0.intermediate.dense"]
    assert found.scales.smooth is not None
    assert found.scales.smooth[3] == found.scales.smooth.max()
    assert found.signal > 20


def test_the_signal_falls_with_the_scale() -> None:
    draw = np.random.default_rng(0)
    rows, weight = (draw.normal(size=size).astype(np.float32) for size in ((64, 32), (32, 16)))
    fine, coarse = (signal(rows, weight, Scales.between(-end, end)) for end in (4, 40))
    assert fine > 30
    assert fine - coarse > 10
