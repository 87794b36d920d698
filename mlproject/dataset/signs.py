"""Which rules of cleaning can change a text at all, found for many texts at once.

A rule needs a sign of one class and right after it a sign of another. Of what classes the signs of
many texts are is looked up in one table, in a fraction of the time of one search for each rule.
A text may have what a rule needs and still stay as it is, but never the other way round.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.text import INVISIBLE_SIGNS
from mlproject.dataset.width import WIDTH

# Classes as they stand between the brackets of a regular expression.
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HIDING = "Xx×*○〇□■●某"
REPEATING = "！？，、；：~!?"
DOTTING = ".。…·"

INVISIBLE, WIDE, HTML, TICK, MARK, QUOTED, LINK, ADDRESS = (1 << place for place in range(8))
NUMBER, HIDDEN, REPEATED, DOTS, HALF_MARK = (1 << place for place in range(8, 13))
MARKDOWN = TICK | MARK | QUOTED
MARKUP = INVISIBLE | WIDE | HTML | MARKDOWN | LINK
PRIVATE = ADDRESS | NUMBER
SPELLING = PRIVATE | HIDDEN | REPEATED | DOTS | HALF_MARK
ALL = (1 << 13) - 1

# All signs above U+FFFF count as one, as a Chinese character is the only of them that rules know.
_EVERY = "".join(map(chr, range(0x10000))) + "\U00020000"
_ANY = "\\0-\U0010ffff"
# What each rule needs. Before and after a text stands a line end; WIDTH has not been seen to.
PAIRS = {
    INVISIBLE: (INVISIBLE_SIGNS, _ANY),
    WIDE: (re.escape("".join(WIDTH)), _ANY),
    HTML: ("<&", "A-Za-z/!#\u0130\u0131\u017f\u212a"),  # those are i, s and k in another case
    TICK: ("`|", _ANY),
    MARK: (r"\-*+#=_~\]", r"\-*=_~ \t("),
    QUOTED: (r"\s", ">"),
    LINK: (":wW", "/wW"),
    ADDRESS: ("@", _ANY),
    NUMBER: ("0-9", "0-9"),
    HIDDEN: (HIDING, HIDING),
    REPEATED: (REPEATING, REPEATING),
    DOTS: (DOTTING, DOTTING),
    HALF_MARK: (CJK, ",!?:;"),
}


def of(texts: Sequence[str]) -> list[int]:
    """For each text the rules that can change it, as bits."""
    if not texts:
        return []
    joined = "\n".join(("", *texts, ""))
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    signs = _table().take(codes, mode="clip")
    pairs = signs[:-1] & (signs[1:] >> 16)
    pairs[:-1] &= pairs[1:] | ~np.uint32(
        NUMBER
    )  # a number that is masked has three digits in a row
    begins = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
    found: list[int] = np.bitwise_or.reduceat(pairs, begins).tolist()
    return found


@cache
def _table() -> NDArray[np.uint32]:
    """Of each sign the rules it can be the first sign for, and 16 bits on the second."""
    table = np.zeros(len(_EVERY), np.uint32)
    for rule, classes in PAIRS.items():
        for signs, bit in zip(classes, (rule, rule << 16), strict=True):
            for run in re.finditer(f"[{signs}]+", _EVERY):
                table[run.start() : run.end()] |= bit
    for wide, narrow in WIDTH.items():
        table[ord(wide)] |= table[ord(narrow)]
    return table
