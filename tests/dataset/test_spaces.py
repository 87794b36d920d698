"""White space, for one text and for many."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlproject.dataset.spaces import fewer, fewer_all

TEXTS = st.text(st.sampled_from(" \t\n中，a.😀𠀀\u1680\u3000\U0003ffff\U00040000"), max_size=12)


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("我 用 Python 写", "我用Python写"),
        ("two \t words", "two words"),
        ("行 \n\n \t 行", "行\n行"),
        (" \n。 a\n ", "。a"),
        ("\t", ""),
    ],
)
def test_spaces_stay_between_words_alone(text: str, spelt: str) -> None:
    assert fewer(text) == spelt


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(TEXTS, max_size=6))
@example(["没有"])
@example(["", " ", "\n"])
def test_many_texts_are_spelt_as_each_would_be(texts: list[str]) -> None:
    assert fewer_all(texts) == [fewer(text) for text in texts]
