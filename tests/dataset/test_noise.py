"""Likely mislabelled rows."""

import numpy as np
import pytest

from mlproject.dataset import noise


def test_a_last_batch_that_is_of_one_fold_alone_is_only_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(noise, "BATCH", 1)
    texts = [("公司拖欠工资", "键盘手感不错")[row % 2] + chr(0x4E00 + row) for row in range(40)]
    labels = np.arange(40) % 2
    found = noise.find(lambda: enumerate(texts), np.arange(40), labels, np.arange(40) * 7919, 2, 4)
    assert found.examined == 40
