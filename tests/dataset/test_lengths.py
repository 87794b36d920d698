"""Texts cut to a length."""

import numpy as np
import pytest

from mlproject.dataset.lengths import cut, ending, shapes


@pytest.mark.parametrize(
    ("text", "length", "found"),
    [
        ("第一句话。第二句话很长很长很长。", 8, "第一句话。"),
        ("没有句号，只有逗号的一段话而已", 8, "没有句号"),
        ("完全没有标点符号的一长段话", 6, "完全没有标点"),
        ("已经够短", 10, ""),
        ("什么也说不了的长度", 2, ""),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_sentence_or_clause(
    text: str, length: int, found: str
) -> None:
    assert cut(text, length) == found


def test_an_ending_is_a_question_another_mark_or_nothing() -> None:
    assert [ending(text) for text in ("吗？", "?", "了。", "…", "了")] == [1, 1, 2, 2, 0]


def test_a_shape_is_a_class_of_length_and_an_ending() -> None:
    lengths = np.array([1, 30, 31, 30, 20_000], np.int32)
    found = shapes(lengths, np.array([0, 0, 0, 1, 2], np.uint8))
    assert found[1] == found[2]
    assert len(set(found.tolist())) == 4
