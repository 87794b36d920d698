"""The text that a model sees: prose in one spelling, without what names a person.

The same function prepares texts for training and must prepare them for an answer.
"""

import re
from collections.abc import Sequence

from mlproject.dataset import markup, privacy, signs, spaces
from mlproject.dataset.options import Cleaning
from mlproject.dataset.script import simplified
from mlproject.dataset.signs import CJK, DOTTING, HIDING, REPEATING
from mlproject.dataset.text import INVISIBLE, one_line_end
from mlproject.dataset.width import narrow

CHINESE = re.compile(f"[{CJK}]")
MARKER = re.compile(r"\[(?:网址|代码|引用|图片|邮箱|电话|证件号)\]")
CHINESE_OR_MARKER = re.compile(f"{MARKER.pattern}|([{CJK}])")
MASK = "某"
FULL_MARK = {",": "，", "!": "！", "?": "？", ":": "：", ";": "；"}

# Each begins with a literal or one class, not with a look behind: those are searched for quickly.
HALF_MARK = re.compile(f"[,!?:;](?<=[{CJK}].)")
HIDDEN = re.compile(rf"[{HIDING}][{HIDING}]+")
REPEATED = re.compile(rf"([{REPEATING}])\1+")
DOTS = re.compile(rf"[{DOTTING}][{DOTTING}]+")

DEFAULT = Cleaning()


def clean(text: str, options: Cleaning = DEFAULT) -> str:
    """A text in one spelling; "" only where nothing readable was in it.

    A text with a Chinese character keeps one: where all of them stood in code or in a quotation,
    markup stays as it is and only spelling and privacy are seen to.
    """
    whole = _read(text, options.max_length)
    spelt = spaces.fewer(_spelt(*_without_markup(whole, signs.ALL), options, signs.ALL))
    return simplified(spelt) if options.simplified else spelt


def clean_all(texts: Sequence[str], options: Cleaning = DEFAULT) -> list[str]:
    """``clean`` of each text, sooner for a hundred: few need every rule."""
    whole = [_read(text, options.max_length) for text in texts]
    plain, rules = whole.copy(), signs.of(whole)
    marked = [at for at, needed in enumerate(rules) if needed & signs.MARKUP]
    for at in marked:
        whole[at], plain[at] = _without_markup(whole[at], rules[at])
    for at, needed in zip(marked, signs.of([plain[at] for at in marked]), strict=True):
        rules[at] = needed
    for at, needed in enumerate(rules):
        if needed & signs.SPELLING or plain[at] != whole[at]:
            plain[at] = _spelt(whole[at], plain[at], options, needed)
    spelt = spaces.fewer_all(plain)
    return [simplified(text) for text in spelt] if options.simplified else spelt


def _read(text: str, length: int) -> str:
    """At most so many characters: the first, or those from the first Chinese one on, if later."""
    text = one_line_end(text).strip()
    if len(text) <= length:
        return text
    text = INVISIBLE.sub("", text).strip()
    first = _first_chinese(text)
    return text[first:][:length] if first >= length else text[:length]


def _without_markup(text: str, rules: int) -> tuple[str, str]:
    """The text with and without its markup, in half width."""
    if rules & signs.INVISIBLE:
        seen = INVISIBLE.sub("", text)
        if seen != text:
            text, rules = seen.strip(), signs.ALL
    if rules & signs.WIDE:
        text = narrow(text)
    plain = text
    if rules & signs.HTML:
        text = privacy.unify(text)
        plain = _unescaped(markup.without_tags(text))
        rules = signs.ALL
    if rules & signs.MARKDOWN:
        without = markup.from_markdown(plain)
        if without != plain:
            plain, rules = without, signs.ALL
    return text, markup.mark_links(plain) if rules & signs.LINK else plain


def _unescaped(text: str) -> str:
    """Without entities. What they stood for may be wide, or not to be seen."""
    shown = markup.unescape(text)
    return text if shown == text else narrow(INVISIBLE.sub("", one_line_end(shown))).strip()


def _spelt(text: str, plain: str, options: Cleaning, rules: int) -> str:
    """The text without markup in one spelling, or with markup where too little would be left."""
    spelt = _spelling(plain, options, rules)
    if plain == text or _has_chinese(spelt):
        return spelt
    text = _unescaped(text)
    return _spelling(text, options, signs.ALL) if _has_chinese(text) else spelt


def _spelling(text: str, options: Cleaning, rules: int) -> str:
    if options.privacy and rules & signs.PRIVATE:
        text = privacy.mask(text)
    if rules & signs.HIDDEN:
        shown = HIDDEN.sub(_hidden, text)
        if shown != text:
            text, rules = shown, signs.ALL
    if rules & signs.REPEATED:
        text = REPEATED.sub(r"\1", text)
    if rules & signs.DOTS:
        text = DOTS.sub(_dots, text)
    return HALF_MARK.sub(_full_mark, text) if rules & signs.HALF_MARK else text


def _full_mark(found: re.Match[str]) -> str:
    return FULL_MARK[found[0]]


def _hidden(found: re.Match[str]) -> str:
    """A run of x's within a Latin word or a number is not somebody's hidden name."""
    if found[0][0] in "Xx×":
        around = found.string[max(found.start() - 1, 0) : found.start()]
        around += found.string[found.end() : found.end() + 1]
        if any(sign.isascii() and sign.isalnum() for sign in around):
            return found[0]
    return MASK


def _dots(found: re.Match[str]) -> str:
    return found[0] if found[0] == ".." else "…"


def _has_chinese(text: str) -> bool:
    return _first_chinese(text) >= 0


def _first_chinese(text: str) -> int:
    """The place of the first Chinese character that is not a marker's; -1 without one."""
    places = (found.start() for found in CHINESE_OR_MARKER.finditer(text) if found.lastindex)
    return next(places, -1)
