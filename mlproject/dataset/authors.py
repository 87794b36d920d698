"""Authors who are none: the one name under which a forum keeps what many have written."""

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset import parts

FEWEST = 100  # posts; nobody with fewer is taken for a placeholder


def without_placeholders(
    groups: NDArray[np.int64],
    keys: NDArray[np.int64],
    posts: NDArray[np.bool_],
    largest: float,
) -> NDArray[np.int64]:
    """The groups, each row under a placeholder a group by itself.

    Args:
        groups: of each row its author, or its own key where nobody knows.
        keys: of each row.
        posts: the rows that are posts, without their titles and cuts.
        largest: share of all posts above which an author is a placeholder.
    """
    most = max(FEWEST, largest * int(np.count_nonzero(posts)))
    found = groups.copy()
    for rows in parts.of(groups):
        names, inverse = np.unique(groups[rows], return_inverse=True)
        number = np.bincount(inverse, weights=posts[rows], minlength=len(names))
        alone = rows[(number > most)[inverse]]
        found[alone] = keys[alone]
    return found
