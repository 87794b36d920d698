"""What a text looks like from afar, its length and its end, and texts cut to a wanted length."""

from array import array

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.row import Candidate

END = "。！？!?\n；;…"
PAUSE = "，,、：: "
SHORTEST = 4  # characters


class Lengths:
    """The lengths of the texts of one label, to draw from."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._seen = array("i")

    def seen(self, row: Candidate) -> Candidate:
        """Note the row's length and hand it on."""
        if row.label == self.label:
            self._seen.append(len(row.text))
        return row

    def draw(self, position: float) -> int:
        """The length at a position in [0, 1); 0 where there are none."""
        return self._seen[int(position * len(self._seen))] if self._seen else 0


def cut(text: str, length: int) -> str:
    """The beginning of a text, about ``length`` characters, to the end of a sentence or clause.

    "" where the text is not clearly longer, or the length is too small to say anything.
    """
    if length < SHORTEST or len(text) < 1.3 * length:
        return ""
    head = text[: length + 1]
    for marks in (END, PAUSE):
        at = max(head.rfind(mark) for mark in marks)
        if at >= length / 2:
            return head[:at].strip() if marks is PAUSE else head[: at + 1].strip()
    return head[:length].strip()


def ending(text: str) -> int:
    """How a text ends: 1 with a question mark, 2 with another mark, 0 without any."""
    last = text[-1:]
    return 1 if last in "？?" else 2 if last in "。！!…；;.）)" else 0


def shapes(lengths: NDArray[np.int32], endings: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The class of each length, three to a doubling, and of each ending (below 16)."""
    length = np.log2(np.maximum(lengths, 1), dtype=np.float32)
    length *= 3
    return 16 * length.astype(np.uint16) + endings
