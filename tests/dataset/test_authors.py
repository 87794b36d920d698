import numpy as np

from mlproject.dataset.authors import FEWEST, without_placeholders

POSTS = 1_000


def groups_of(number: int, share: float) -> int:
    """How many groups the posts of one author are, who wrote so many of them."""
    keys = np.arange(POSTS, dtype=np.int64)
    groups = np.where(keys < number, -7, keys)
    found = without_placeholders(groups, keys, np.ones(POSTS, bool), share)
    assert (found[number:] == keys[number:]).all()
    return len(np.unique(found[:number]))


def test_a_name_that_stands_for_many_groups_nothing() -> None:
    assert groups_of(300, 0.2) == 300


def test_an_author_is_one_group() -> None:
    assert groups_of(200, 0.2) == 1


def test_few_posts_are_of_one_author_whatever_their_share() -> None:
    assert groups_of(FEWEST, 0.02) == 1


def test_titles_and_cuts_are_no_posts() -> None:
    keys = np.arange(300, dtype=np.int64)
    posts = keys % 3 == 0
    found = without_placeholders(np.full(300, -7, np.int64), keys, posts, 0.02)
    assert len(np.unique(found)) == 1
