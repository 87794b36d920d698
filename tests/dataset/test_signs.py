"""A text that lacks a rule's signs is left as it is by the rule."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings

from mlproject.dataset import clean, markup, privacy, signs
from mlproject.dataset.text import INVISIBLE
from mlproject.dataset.width import narrow

from .markup_texts import ANY_TEXTS

RULES: dict[int, Callable[[str], str]] = {
    signs.INVISIBLE: lambda text: INVISIBLE.sub("", text),
    signs.WIDE: narrow,
    signs.HTML: lambda text: markup.unescape(markup.without_tags(privacy.unify(text))),
    signs.MARKDOWN: markup.from_markdown,
    signs.LINK: markup.mark_links,
    signs.PRIVATE: privacy.mask,
    signs.HIDDEN: lambda text: clean.HIDDEN.sub("", text),
    signs.REPEATED: lambda text: clean.REPEATED.sub("", text),
    signs.DOTS: lambda text: clean.DOTS.sub("", text),
    signs.HALF_MARK: lambda text: clean.HALF_MARK.sub("", text),
}


def test_every_rule_is_asked_about() -> None:
    assert sum(RULES) == signs.ALL


@settings(max_examples=500, deadline=None, derandomize=True)
@given(ANY_TEXTS)
def test_a_rule_changes_no_text_without_its_signs(text: str) -> None:
    text = text.replace("\r", "\n")
    (found,) = signs.of([text])
    narrowed = text if found & signs.INVISIBLE else narrow(text)
    for rule, change in RULES.items():
        if not found & rule:
            before = narrowed if rule > signs.WIDE else text
            assert change(before) == before


@pytest.mark.parametrize(
    ("text", "rule"),
    [("押金，不退", 0), ("押金,不退", signs.HALF_MARK), ("２０24", signs.WIDE | signs.NUMBER)],
)
def test_rules_are_those_of_the_text_and_not_of_its_neighbours(text: str, rule: int) -> None:
    assert signs.of(["**<b>押", text, ",**"])[1] == rule


def test_no_texts_have_no_rules() -> None:
    assert signs.of([]) == []
