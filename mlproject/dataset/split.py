"""Which split a group of texts belongs to: decided by its hash and by what was decided before.

A group is what one author wrote, or, where nobody knows the author, one text with its title, its
cut and its near-duplicates. Its split is

1. ``in_domain`` where one of its rows is an evaluation post or is held back,
2. otherwise the split that one of its rows had in an earlier data set,
3. otherwise what its hash says.

A text that had another split than its group now has (somebody learnt who wrote it) is left out,
so a text either stays in its split or is in none.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset import parts
from mlproject.dataset.row import Kind

Split = Literal["train", "validation", "test", "in_domain"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test", "in_domain")
TRAIN, VALIDATION, TEST, IN_DOMAIN = range(4)
NONE = -1
BOUNDS = (0.8, 0.9)  # train below the first, test from the second on
HELD_BACK = 5  # the newest fifth of the reviewed posts is the in-domain test

_ALL, _STEP = 2**64 - 1, 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]


class Decision(NamedTuple):
    splits: Codes  # of every row; NONE: left out
    moved: Mask  # left out: had another split before
    unreviewed: Mask  # left out: in the group of a held-back post, but unread or labelled by id


def of_groups(groups: NDArray[np.int64]) -> Codes:
    """The split of each group by its hash alone."""
    positions = ranks(groups, salt=1)
    return np.searchsorted(np.array(BOUNDS), positions, side="right").astype(np.int8)


def ranks(keys: NDArray[np.int64], salt: int = 0) -> NDArray[np.float64]:
    """A number in [0, 1) for each key, without meaning, always the same (splitmix64)."""
    found = np.empty(len(keys), np.float64)
    for block in parts.blocks(len(keys)):
        mixed = keys[block].view(np.uint64) + np.uint64((salt + 1) * _STEP & _ALL)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
        mixed ^= mixed >> np.uint64(31)
        found[block] = (mixed >> np.uint64(11)) / np.float64(2**53)
    return found


def rank(key: int) -> float:
    """``ranks`` of one key, without an array."""
    mixed = (key + _STEP) & _ALL
    mixed = ((mixed ^ (mixed >> 30)) * _FIRST) & _ALL
    mixed = ((mixed ^ (mixed >> 27)) * _SECOND) & _ALL
    return float(((mixed ^ (mixed >> 31)) >> 11) / 2**53)


def decide(
    groups: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    before: Codes,
    created: NDArray[np.int64],
) -> Decision:
    """The split of every row.

    Args:
        groups: the row's group.
        kinds: ``Kind`` of the row.
        before: the split it had in earlier data sets, or NONE.
        created: when a reviewed post was written, seconds; 0 for other rows.
    """
    reviewed = (kinds & (Kind.REVIEWED | Kind.LABELLED)) == Kind.REVIEWED
    evaluation = (kinds & Kind.EVALUATION) != 0
    asked = before.copy()  # what each row asks its group to be
    asked[evaluation] = np.maximum(asked[evaluation], TEST)
    asked[evaluation & reviewed] = IN_DOMAIN
    splits = _of_their_groups(groups, asked)
    newest = np.flatnonzero(reviewed)
    newest = newest[np.argsort(created[newest], kind="stable")[::-1]]
    asked[_held_back(newest, groups, ~evaluation & (before == NONE), splits)] = IN_DOMAIN
    splits = _of_their_groups(groups, asked, hashed=True)
    moved = (before != NONE) & (before != splits) & ~evaluation
    unreviewed = (splits == IN_DOMAIN) & ~reviewed & ~moved
    splits[moved | unreviewed] = NONE
    return Decision(splits, moved, unreviewed)


def _of_their_groups(groups: NDArray[np.int64], asked: Codes, hashed: bool = False) -> Codes:
    """For each row the largest code that a row of its group asks for.

    Where none asks: NONE, or what the group's hash says.
    """
    found = np.empty(len(groups), np.int8)
    for rows in parts.of(groups):
        names, inverse = np.unique(groups[rows], return_inverse=True)
        codes = np.full(len(names), NONE, np.int8)
        np.maximum.at(codes, inverse, asked[rows])
        if hashed:
            codes = np.where(codes == NONE, of_groups(names), codes)
        found[rows] = codes[inverse]
    return found


def _held_back(
    newest: NDArray[np.intp], groups: NDArray[np.int64], free: Mask, earlier: Codes
) -> NDArray[np.intp]:
    """Rows to hold back with their groups, until a fifth of the reviewed posts is held back.

    Args:
        newest: the reviewed rows, the newest first; those of evaluation count as held back.
        free: rows that were in no split.
        earlier: the split that each row's group is in already, or NONE.
    """
    names, first, inverse, posts = np.unique(
        groups[newest], return_index=True, return_inverse=True, return_counts=True
    )
    codes = earlier[newest]
    wanted = len(newest) // HELD_BACK - int(np.count_nonzero(codes == IN_DOMAIN))
    fits = np.zeros(len(names), bool)
    np.logical_or.at(fits, inverse, free[newest] & (codes == NONE))
    order = np.argsort(first)
    order = order[fits[order]]
    before = np.cumsum(posts[order]) - posts[order]
    return newest[first[order[before < wanted]]]
