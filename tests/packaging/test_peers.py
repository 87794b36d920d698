"""What is only timed."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mlproject.packaging import peers
from mlproject.serving.predictor import Predictor
from mlproject.training.folder import load

ROWS = [[2, 5, 3], [2, 5, 6, 7, 3]]


def test_pytorch_answers_as_the_served_file(training: Path, model_folder: Path) -> None:
    found = peers.pytorch(load(training).model)(ROWS)
    assert isinstance(found, np.ndarray)
    expected = Predictor(model_folder, threads=1).run(ROWS)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_is_not_installed_says_so(training: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    found = peers.of(load(training).model, ROWS, 1)
    assert isinstance(found["openvino_bf16"], str)
    assert "openvino" in found["openvino_bf16"]


def test_openvino_answers_nearly_as_pytorch_and_prints_nothing(
    training: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where requirements/peers.txt is installed."""
    pytest.importorskip("openvino")
    pytest.importorskip("nncf")
    model = load(training).model
    found = peers.of(model, ROWS, 1)
    assert set(found) == {"pytorch", "openvino_bf16", "openvino_int8"}
    expected = np.asarray(peers.pytorch(model)(ROWS))
    for run in found.values():
        assert not isinstance(run, str), run
        np.testing.assert_allclose(np.asarray(run(ROWS)), expected, atol=0.1)
    assert capfd.readouterr().out == ""
