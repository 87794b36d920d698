"""One text on its way into a data set."""

from datetime import datetime
from enum import IntFlag
from typing import NamedTuple


class Kind(IntFlag):
    WHOLE = 0
    VARIANT = 1  # a title or a cut of the row with kind WHOLE before it
    REVIEWED = 2
    EVALUATION = 4  # tested on, never trained on
    TOPIC = 8  # a forum post that nobody has read
    CUT = 16  # a variant that is the beginning of its row
    LABELLED = 32  # a reviewed post whose label came by its id: trained on, never held back


class Candidate(NamedTuple):
    """A cleaned text. ``author`` is "" where nobody knows who wrote it.

    Of all that cannot be changed, tuples are made the most quickly: there are millions.
    """

    id: str
    text: str
    label: str
    source: str
    author: str = ""
    kind: Kind = Kind.WHOLE
    created: datetime | None = None  # of reviewed posts
