"""Which candidates become rows, in which split; and why the others do not."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset import authors, balance, near, parts, split
from mlproject.dataset.columns import Columns
from mlproject.dataset.row import Kind
from mlproject.dataset.split import Codes, Mask
from mlproject.task import Task

Before = Callable[[NDArray[np.int64]], Codes]  # keys of texts -> splits in earlier data sets


class Fate(IntEnum):
    KEPT = 0
    DUPLICATE = 1  # the same text came before
    NEAR_DUPLICATE = 2  # nearly the same text came before
    LIMIT = 3  # more posts than the task asks for
    MOVED = 4  # its group is in another split than the text was in
    HELD_BACK_AUTHOR = 5  # nobody has read it, and its author is in in_domain
    BALANCE = 6
    SUSPECT = 7  # probably under the wrong label


@dataclass
class Selection:
    """One entry a row of the columns."""

    fates: NDArray[np.uint8]
    splits: Codes
    before: Codes
    conflicts: int  # duplicates whose label is not that of the row that was kept
    groups_file: Path

    @property
    def groups(self) -> NDArray[np.int64]:
        """Read from the disk each time: keep it no longer than needed."""
        return np.fromfile(self.groups_file, np.int64)

    @property
    def kept(self) -> Mask:
        return np.equal(self.fates, Fate.KEPT)

    def in_split(self, code: int) -> Mask:
        return self.kept & np.equal(self.splits, code)

    def left_out(self) -> dict[str, int]:
        """How many rows met each other fate."""
        counted = np.bincount(self.fates, minlength=len(Fate))
        return {fate.name.lower(): int(counted[fate]) for fate in Fate if fate is not Fate.KEPT}


def select(task: Task, columns: Columns, before: Before, work: Path) -> Selection:
    """Everything but the label noise, which has to look into the texts again.

    Args:
        before: the splits that texts had in earlier data sets.
        work: a folder for temporary files.
    """
    fates = np.zeros(len(columns), np.uint8)
    roots = _duplicates(task, columns, fates, work)
    labels = columns.labels
    conflicts = int(np.count_nonzero(labels[roots] != labels))
    earlier = _inherit(before(columns.keys), roots, fates)
    parents = parents_of(columns.kinds)
    fates[:] = np.where(fates == Fate.KEPT, fates[parents], fates)
    groups_file = work / "groups"
    groups_file.write_bytes(_groups(task, columns)[roots[parents]].data)
    del labels, roots
    _limit(task, columns, fates, parents)
    del parents
    splits = _split(columns, fates, np.fromfile(groups_file, np.int64), earlier)
    taken = (fates == Fate.KEPT) & (splits != split.IN_DOMAIN)
    options = task.dataset.balance
    named = [code for code, name in enumerate(columns.source_names) if name in options.keep]
    always = ((columns.kinds & Kind.REVIEWED) != 0) | np.isin(columns.sources, named)
    reference = task.labels.index(task.reference)
    rows = balance.surplus(options, columns, taken & ~always, taken & always, reference)
    fates[rows] = Fate.BALANCE
    return Selection(fates, splits, earlier, conflicts, groups_file)


def _groups(task: Task, columns: Columns) -> NDArray[np.int64]:
    kinds = columns.kinds
    posts = ((kinds & (Kind.TOPIC | Kind.REVIEWED)) != 0) & ((kinds & Kind.VARIANT) == 0)
    share = task.dataset.largest_author
    return authors.without_placeholders(columns.groups, columns.keys, posts, share)


def _duplicates(
    task: Task, columns: Columns, fates: NDArray[np.uint8], work: Path
) -> NDArray[np.int32]:
    """Mark duplicates; the row that stands for each row."""
    roots = _firsts(columns.keys)
    numbers = np.arange(len(columns), dtype=np.int32)
    fates[roots != numbers] = Fate.DUPLICATE
    if task.dataset.near_duplicates is not None:
        texts = columns.texts(fates == Fate.KEPT)
        clusters = near.cluster(texts, len(columns), task.dataset.near_duplicates, work)
        fates[(clusters != numbers) & (fates == Fate.KEPT)] = Fate.NEAR_DUPLICATE
        roots = clusters[roots]
    return roots


def _firsts(keys: NDArray[np.int64]) -> NDArray[np.int32]:
    """For each row the first with the same key."""
    firsts = np.arange(len(keys), dtype=np.int32)
    for rows in parts.of(keys):
        order = rows[np.argsort(keys[rows], kind="stable")]
        again = np.concatenate(([False], keys[order[1:]] == keys[order[:-1]]))[: len(order)]
        places = np.where(again, 0, np.arange(len(order)))
        firsts[order] = order[np.maximum.accumulate(places)]
    return firsts


def _inherit(before: Codes, roots: NDArray[np.int32], fates: NDArray[np.uint8]) -> Codes:
    """Give a row without a split in earlier data sets that of the duplicates it stands for."""
    donors = np.flatnonzero((fates != Fate.KEPT) & (before != split.NONE))[::-1]
    takers = roots[donors]
    free = before[takers] == split.NONE
    inherited = before.copy()
    inherited[takers[free]] = before[donors[free]]
    return inherited


def parents_of(kinds: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The row that each row is a variant of, or the row itself."""
    numbers = np.arange(len(kinds), dtype=np.int32)
    numbers[(kinds & Kind.VARIANT) != 0] = 0
    parents: NDArray[np.int32] = np.maximum.accumulate(numbers)
    return parents


def _limit(
    task: Task, columns: Columns, fates: NDArray[np.uint8], parents: NDArray[np.int32]
) -> None:
    if task.topics is None:
        return
    whole = (columns.kinds & (Kind.TOPIC | Kind.VARIANT)) == Kind.TOPIC
    posts = np.flatnonzero(whole & (fates == Fate.KEPT))
    if len(posts) > task.topics.max_rows:
        order = np.argsort(split.ranks(columns.keys[posts]), kind="stable")
        fates[posts[order[task.topics.max_rows :]]] = Fate.LIMIT
        fates[(fates[parents] == Fate.LIMIT) & (fates == Fate.KEPT)] = Fate.LIMIT


def _split(
    columns: Columns, fates: NDArray[np.uint8], groups: NDArray[np.int64], before: Codes
) -> Codes:
    kept = fates == Fate.KEPT
    decision = split.decide(groups[kept], columns.kinds[kept], before[kept], columns.created[kept])
    splits = np.full(len(fates), split.NONE, np.int8)
    splits[kept] = decision.splits
    numbers = np.flatnonzero(kept)
    fates[numbers[decision.moved]] = Fate.MOVED
    fates[numbers[decision.unreviewed]] = Fate.HELD_BACK_AUTHOR
    return splits
