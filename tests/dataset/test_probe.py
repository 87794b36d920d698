"""What of a text the probes see."""

import random

import numpy as np
import pytest

from mlproject.dataset import probe
from mlproject.dataset.probe import SIGNS, of_punctuation, score


def test_punctuation_is_each_sign_s_share_and_the_last_sign() -> None:
    texts = ["你好，好，吗？", "a_b|", "😀", "", "！\uffff"]
    table = of_punctuation(texts)
    shares = [[text.count(sign) / max(len(text), 1) for sign in SIGNS] for text in texts]
    ends = [[text.endswith(sign) for sign in SIGNS] for text in texts]
    np.testing.assert_array_equal(table, np.hstack([shares, ends]).astype(np.float32))


def test_no_texts_make_an_empty_table() -> None:
    assert of_punctuation([]).shape == (0, 2 * len(SIGNS))


def test_more_trees_would_not_score_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(4)
    labels = np.arange(4_000) % 2
    texts = ["".join(choose.choices("你好吗，。？！", (4, 4, 4, 2, 1, 1 + number % 2, 1), k=30))
             for number in range(4_000)]  # fmt: skip
    table = of_punctuation(texts)
    few = score(table[:3_000], labels[:3_000], table[3_000:], labels[3_000:], 1)
    monkeypatch.setattr(probe, "TREES", 60)
    many = score(table[:3_000], labels[:3_000], table[3_000:], labels[3_000:], 1)
    assert few == pytest.approx(many, abs=0.01)
