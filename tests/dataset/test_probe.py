"""What of a text the probes see."""

import numpy as np

from mlproject.dataset.probe import SIGNS, of_punctuation


def test_punctuation_is_each_sign_s_share_and_the_last_sign() -> None:
    texts = ["你好，好，吗？", "a_b|", "😀", "", "！\uffff"]
    table = of_punctuation(texts)
    shares = [[text.count(sign) / max(len(text), 1) for sign in SIGNS] for text in texts]
    ends = [[text.endswith(sign) for sign in SIGNS] for text in texts]
    np.testing.assert_array_equal(table, np.hstack([shares, ends]).astype(np.float32))


def test_no_texts_make_an_empty_table() -> None:
    assert of_punctuation([]).shape == (0, 2 * len(SIGNS))
