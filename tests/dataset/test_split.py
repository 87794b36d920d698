"""Splits by hash and by what was split before."""

from typing import Any

import numpy as np

from mlproject.dataset.row import Kind
from mlproject.dataset.split import (
    IN_DOMAIN,
    NONE,
    TEST,
    TRAIN,
    VALIDATION,
    Decision,
    decide,
    of_groups,
    rank,
    ranks,
)


def decision(rows: list[dict[str, Any]]) -> Decision:
    return decide(
        np.array([row.get("group", place) for place, row in enumerate(rows)], np.int64),
        np.array([int(row.get("kind", 0)) for row in rows], np.uint8),
        np.array([row.get("before", NONE) for row in rows], np.int8),
        np.array([row.get("created", 0) for row in rows], np.int64),
    )


def test_a_group_is_always_in_the_same_split() -> None:
    groups = np.arange(-500, 500, dtype=np.int64)
    assert (of_groups(groups)[::-1] == of_groups(groups[::-1].copy())).all()


def test_the_shares_are_kept() -> None:
    splits = of_groups(np.arange(20_000, dtype=np.int64))
    for code, share in ((TRAIN, 0.8), (VALIDATION, 0.1), (TEST, 0.1)):
        assert abs(np.mean(splits == code) - share) < 0.01


def test_rank_is_the_same_alone_and_in_an_array() -> None:
    keys = [0, 1, -1, 2**63 - 1, -(2**63), 987654321]
    assert [rank(key) for key in keys] == ranks(np.array(keys, np.int64)).tolist()


def test_a_split_of_an_earlier_data_set_is_kept() -> None:
    for split in (TRAIN, VALIDATION, TEST):
        assert decision([{"before": split}, {"group": 0}]).splits.tolist() == [split, split]


def test_a_text_of_another_split_than_its_group_is_left_out() -> None:
    found = decision([{"group": 5, "before": TRAIN}, {"group": 5, "before": TEST}])
    assert found.splits.tolist() == [NONE, TEST]
    assert found.moved.tolist() == [True, False]


def test_the_newest_fifth_of_the_reviewed_posts_is_held_back() -> None:
    rows = [{"kind": Kind.REVIEWED, "created": number} for number in range(10)]
    held = np.flatnonzero(decision(rows).splits == IN_DOMAIN)
    assert held.tolist() == [8, 9]


def test_what_is_held_back_with_its_authors_counts_in_the_fifth() -> None:
    rows = [
        {"kind": Kind.REVIEWED, "created": number, "group": 99 if number in (2, 5, 19) else number}
        for number in range(20)
    ]
    held = np.flatnonzero(decision(rows).splits == IN_DOMAIN)
    assert held.tolist() == [2, 5, 18, 19]


def test_posts_labelled_by_their_id_are_not_held_back_nor_counted() -> None:
    labelled = Kind.REVIEWED | Kind.LABELLED
    rows: list[dict[str, Any]] = [{"kind": labelled, "created": number} for number in range(10)]
    assert IN_DOMAIN not in decision(rows).splits
    reviewed = [{"kind": Kind.REVIEWED, "created": number} for number in range(5)]
    assert np.flatnonzero(decision(rows + reviewed).splits == IN_DOMAIN).tolist() == [14]


def test_a_post_labelled_by_its_id_is_left_out_beside_one_that_is_tested_on() -> None:
    rows: list[dict[str, Any]] = [
        {"kind": Kind.REVIEWED | Kind.EVALUATION, "group": 1},
        {"kind": Kind.REVIEWED | Kind.LABELLED, "group": 1},
    ]
    assert decision(rows).splits.tolist() == [IN_DOMAIN, NONE]


def test_evaluation_posts_are_held_back_whatever_was_before() -> None:
    kind = Kind.REVIEWED | Kind.EVALUATION
    rows: list[dict[str, Any]] = [{"kind": kind}, {"kind": kind, "before": TRAIN}]
    assert decision(rows).splits.tolist() == [IN_DOMAIN, IN_DOMAIN]


def test_an_evaluation_corpus_is_tested_on() -> None:
    rows = [{"kind": Kind.EVALUATION, "group": number} for number in range(50)]
    assert set(decision(rows).splits.tolist()) == {TEST}


def test_what_nobody_read_of_a_held_back_author_is_left_out() -> None:
    kind = Kind.REVIEWED | Kind.EVALUATION
    rows: list[dict[str, Any]] = [{"kind": kind}, {}, {"kind": Kind.REVIEWED}]
    found = decision([row | {"group": 1} for row in rows])
    assert found.splits.tolist() == [IN_DOMAIN, NONE, IN_DOMAIN]
    assert found.unreviewed.tolist() == [False, True, False]


def test_held_back_posts_stay_held_back_when_newer_ones_come() -> None:
    rows: list[dict[str, Any]] = [
        {"group": n, "kind": Kind.REVIEWED, "created": n} for n in range(20)
    ]
    first = decision(rows).splits
    again = [row | {"before": int(split)} for row, split in zip(rows, first, strict=True)]
    newer = [{"group": n, "kind": Kind.REVIEWED, "created": n} for n in range(20, 40)]
    second = decision(again + newer).splits
    assert (second[:20] == first).all()
    assert np.count_nonzero(second == IN_DOMAIN) == 8
    assert np.flatnonzero(second == IN_DOMAIN)[4:].tolist() == [36, 37, 38, 39]
