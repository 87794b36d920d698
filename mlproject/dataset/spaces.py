"""White space in one spelling.

Around a line end there is none; other white space is one space, and none beside a Chinese character
or mark. The rule twice: for one text, and for many at once, where spaces are most of all that
cleaning changes.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.signs import CJK

CHINESE = f"{CJK}，。！？：；、"
BLANKS = re.compile(r" [ \t]+|\t[ \t]*")
LINES = re.compile(r"\n[ \n]+")
NEAR_CHINESE = re.compile(f" (?:(?<=[{CHINESE}] )|(?=[{CHINESE}]))")

_BLANK, _LINE, _NEAR = 1, 2, 4
_SIZE = 0x40001  # signs; the last stands for all above


def fewer(text: str) -> str:
    if "  " in text or "\t" in text:
        text = BLANKS.sub(" ", text)
    if " " in text:
        text = NEAR_CHINESE.sub("", text)
    if "\n" in text:
        text = LINES.sub("\n", text.replace(" \n", "\n"))
    return text.strip()


def fewer_all(texts: Sequence[str]) -> list[str]:
    """``fewer`` of each text; they have no "\\0"."""
    joined = "\0".join(("", *texts, ""))
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").copy()
    classes = _classes().take(codes, mode="clip")
    white = np.flatnonzero(classes & (_BLANK | _LINE))
    if not len(white):
        return [text.strip() for text in texts]
    begins = np.flatnonzero(np.diff(white, prepend=-1) != 1)  # of runs of white space
    first, last = white[begins], white[np.append(begins[1:], len(white)) - 1]
    lines = np.bitwise_or.reduceat(classes[white], begins) & _LINE != 0
    beside = (classes[first - 1] | classes[last + 1]) & _NEAR != 0
    codes[first] = np.where(lines, ord("\n"), ord(" "))
    kept = np.ones(len(codes), bool)
    kept[white] = False
    kept[first[lines | ~beside]] = True
    spelt = codes[kept].tobytes().decode("utf-32-le", "surrogatepass")
    return [text.strip() for text in spelt[1:-1].split("\0")]


@cache
def _classes() -> NDArray[np.uint8]:
    every = "".join(map(chr, range(_SIZE)))
    found = np.zeros(_SIZE, np.uint8)
    for signs, bit in ((r" \t", _BLANK), (r"\n", _LINE), (CHINESE, _NEAR)):
        for run in re.finditer(f"[{signs}]+", every):
            found[run.start() : run.end()] = bit
    return found
