"""Words of texts, and which of them tell one label from the others."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from mlproject.dataset.clean import MARKER

if TYPE_CHECKING:
    from rjieba import Jieba

READ = 400  # characters of a text
FEWEST = 4  # texts of a label that an n-gram is in
WORD = re.compile(r"[^\W_]+")
# Words that say nothing alone.
STOP = frozenset((Path(__file__).parent / "stopwords.txt").read_text(encoding="utf-8").split())


def words(text: str) -> list[str]:
    """The words of a text in order, with "" for each number, mark and marker between them."""
    found = []
    for word in _jieba().cut(MARKER.sub("。", text[:READ].casefold())):
        whole = WORD.fullmatch(word) is not None and not word.isnumeric()
        found.append(word if whole else "")
    return found


def frequencies(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each word is; words that say nothing are left out."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({word for word in words(text) if len(word) > 1 and word not in STOP})
    return counts


def grams(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each word and each pair of neighbouring words is."""
    counts: Counter[str] = Counter()
    for text in texts:
        row = words(text)
        pairs = {f"{one} {two}" for one, two in pairwise(row) if one and two}
        counts.update(pairs | {word for word in row if word and word not in STOP})
    return counts


def telling(
    counts: Mapping[str, Counter[str]], sizes: Mapping[str, int], most: int = 25
) -> dict[str, list[tuple[str, float, int]]]:
    """For each label its most telling n-grams: (n-gram, z, texts it is in).

    z: log odds of the n-gram's share of texts against all other labels, over its standard error
    (each count with 0.5 added).
    """
    total: Counter[str] = Counter()
    for count in counts.values():
        total.update(count)
    found = {}
    for label, count in counts.items():
        mine, others = sizes[label], sum(sizes.values()) - sizes[label]
        scored: list[tuple[str, float, int]] = []
        for gram, number in count.items():
            if number >= FEWEST:
                z = _z(number, mine, total[gram] - number, others)
                scored.append((gram, round(z, 1), number))
        found[label] = _without_parts(sorted(scored, key=lambda row: (-row[1], row[0])), most)
    return found


def _without_parts(
    ranked: Sequence[tuple[str, float, int]], most: int
) -> list[tuple[str, float, int]]:
    """Leave out an n-gram that only repeats one that tells more."""
    kept: list[tuple[str, float, int]] = []
    for row in ranked:
        parts = set(row[0].split(" "))
        if not any(parts & set(other[0].split(" ")) for other in kept):
            kept.append(row)
        if len(kept) == most:
            break
    return kept


def _z(number: int, size: int, other: int, other_size: int) -> float:
    a, b = number + 0.5, max(size - number, 0) + 0.5
    c, d = other + 0.5, max(other_size - other, 0) + 0.5
    return math.log(a * d / (b * c)) / math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


@lru_cache(1)
def _jieba() -> "Jieba":
    from rjieba import Jieba

    return Jieba()
