"""The text that a model sees: prose in one spelling, without what names a person.

The same function prepares texts for training and must prepare them for an answer.
"""

import re

from mlproject.dataset import markup, privacy
from mlproject.dataset.options import Cleaning
from mlproject.dataset.text import normalise

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
CHINESE = re.compile(f"[{_CJK}]")
MARKER = re.compile(r"\[(?:网址|代码|引用|图片|邮箱|电话|证件号)\]")
MASK = "某"

# Full-width letters, digits and signs to half width; the marks of Chinese prose stay as they are.
_KEPT = "，！？：；"
WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in _KEPT}
WIDTH |= dict.fromkeys("\u3000\xa0\u2002\u2003\u2009\u202f", " ")
WIDTH |= {"\u2028": "\n", "\u2029": "\n", "｡": "。", "､": "、"}
WIDTH |= {"‘": "'", "’": "'", "“": '"', "”": '"'}
WIDE = re.compile(f"[{re.escape(''.join(WIDTH))}]")
FULL_MARK = {",": "，", "!": "！", "?": "？", ":": "：", ";": "；"}

# Each begins with a literal or one class, not with a look behind: those are searched for quickly.
HALF_MARK = re.compile(f"[,!?:;](?<=[{_CJK}].)")
HIDDEN = re.compile(r"[Xx×*○〇□■●某][Xx×*○〇□■●某]+")
REPEATED = re.compile(r"([！？，、；：~!?])\1+")
DOTS = re.compile(r"[.。…·][.。…·]+")
BLANKS = re.compile(r" [ \t]+|\t[ \t]*")
LINES = re.compile(r"\n[ \n]+")
NEAR_CHINESE = re.compile(f" (?:(?<=[{_CJK}，。！？：；、] )|(?=[{_CJK}，。！？：；、]))")

DEFAULT = Cleaning()


def clean(text: str, options: Cleaning = DEFAULT) -> str:
    """A text in one spelling; "" only where nothing readable was in it.

    A text with a Chinese character keeps one: where all of them stood in code or in a quotation,
    markup stays as it is and only spelling and privacy are seen to.
    """
    text = privacy.unify(WIDE.sub(_narrow, normalise(text[: options.max_length])))
    plain = markup.from_markdown(markup.from_html(text))
    plain = _spelling(markup.mark_links(plain), options)
    if _has_chinese(plain) or not _has_chinese(text):
        return plain
    return _spelling(text, options)


def _spelling(text: str, options: Cleaning) -> str:
    if options.privacy:
        text = privacy.mask(text)
    text = HIDDEN.sub(_hidden, text)
    text = DOTS.sub(_dots, REPEATED.sub(r"\1", text))
    text = HALF_MARK.sub(lambda found: FULL_MARK[found[0]], text)
    if "  " in text or "\t" in text:
        text = BLANKS.sub(" ", text)
    if " " in text:
        text = NEAR_CHINESE.sub("", text)
    if "\n" in text:
        text = LINES.sub("\n", text.replace(" \n", "\n"))
    return text.strip()


def _narrow(found: re.Match[str]) -> str:
    return WIDTH[found[0]]


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
    return CHINESE.search(MARKER.sub("", text) if "[" in text else text) is not None
