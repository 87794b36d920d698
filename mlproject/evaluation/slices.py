"""Which texts a model is measured on: each split, and parts and variants of it. Pure."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.read import Example

SPLITS = ("validation", "test", "in_domain")  # of these a model has not learnt
QUARTILES = 4
MARKS = "，,。.！!？?~～、：: \n"
VARIANTS = ("-title", "-cut")  # ends of the ids of parts of a post
CORPUS = "corpus-"  # begin of the ids of texts that are no posts


@dataclass(frozen=True)
class Slice:
    """Texts and their labels (N,). ``name`` is SPLIT, or SPLIT/KIND/WHICH."""

    name: str
    split: str
    examples: tuple[Example, ...]
    texts: tuple[str, ...]  # what the model is shown
    note: str = ""

    @property
    def labels(self) -> NDArray[np.int64]:
        return np.array([example.label for example in self.examples], dtype=np.int64)

    @property
    def kind(self) -> str:
        """source, length, title_only or opener_stripped; "" for a whole split."""
        return self.name[len(self.split) + 1 :].partition("/")[0]

    @property
    def which(self) -> str:
        """Which source, or which quartile of length."""
        return self.name[len(self.split) + 1 :].partition("/")[2]


def of(
    splits: Mapping[str, Sequence[Example]], titles: bool = False, openers: Sequence[str] = ()
) -> list[Slice]:
    """Every slice of the evaluation splits that there are.

    Args:
        titles: also each post by its title alone.
        openers: words that say nothing; also each text without them.
    """
    result = []
    for split in SPLITS:
        if examples := splits.get(split):
            result.append(_whole(split, split, examples))
            if split == "validation":  # the threshold was chosen on it: no more than a check
                continue
            result += _by_source(split, examples)
            result += _by_length(split, examples)
            if titles:
                result += _titles(split, examples)
            if openers:
                result.append(_stripped(split, examples, openers))
    return result


def sample(part: Slice, rows: int) -> Slice:
    """At most ``rows`` texts of a slice, the same ones each time."""
    order = sorted(
        range(len(part.examples)),
        key=lambda row: hashlib.sha256(part.examples[row].id.encode()).digest(),
    )[:rows]
    return Slice(
        f"{part.name}/sample",
        part.split,
        tuple(part.examples[row] for row in order),
        tuple(part.texts[row] for row in order),
    )


def _whole(name: str, split: str, examples: Sequence[Example], note: str = "") -> Slice:
    texts = tuple(example.text for example in examples)
    return Slice(name, split, tuple(examples), texts, note)


def _by_source(split: str, examples: Sequence[Example]) -> Iterator[Slice]:
    for source in sorted({example.source for example in examples}):
        part = [example for example in examples if example.source == source]
        yield _whole(f"{split}/source/{source}", split, part)


def _by_length(split: str, examples: Sequence[Example]) -> Iterator[Slice]:
    """Quartiles of the number of characters; texts of the same length stay together."""
    lengths = np.array([len(example.text) for example in examples])
    bounds = np.quantile(lengths, np.arange(1, QUARTILES) / QUARTILES)
    quartiles = np.searchsorted(bounds, lengths)
    for quartile in range(QUARTILES):
        rows = np.flatnonzero(quartiles == quartile).tolist()
        if rows:
            note = f"{lengths[rows].min()} to {lengths[rows].max()} characters"
            part = [examples[row] for row in rows]
            yield _whole(f"{split}/length/q{quartile + 1}", split, part, note)


def _titles(split: str, examples: Sequence[Example]) -> Iterator[Slice]:
    posts = [example for example in examples if _is_post(example)]
    if posts:
        texts = tuple(example.text.partition("\n")[0] for example in posts)
        yield Slice(f"{split}/title_only", split, tuple(posts), texts, "posts by their titles")


def _is_post(example: Example) -> bool:
    """Whether the first line is a title: a whole post, whose content did not go in cleaning."""
    part = example.id.startswith(CORPUS) or example.id.endswith(VARIANTS)
    return not part and "\n" in example.text


def _stripped(split: str, examples: Sequence[Example], openers: Sequence[str]) -> Slice:
    strip = without(openers)
    texts = tuple(strip(example.text) for example in examples)
    changed = sum(text != example.text for text, example in zip(texts, examples, strict=True))
    name, note = f"{split}/opener_stripped", f"{changed} of {len(texts)} texts changed"
    return Slice(name, split, tuple(examples), texts, note)


def without(openers: Sequence[str]) -> Callable[[str], str]:
    """Removes the words wherever they are, with the marks behind; a text of nothing else stays."""
    words = "|".join(re.escape(word) for word in sorted(openers, key=len, reverse=True))
    pattern = re.compile(f"(?:{words})+[{re.escape(MARKS)}]*")

    def strip(text: str) -> str:
        return pattern.sub("", text).lstrip(MARKS) or text

    return strip
