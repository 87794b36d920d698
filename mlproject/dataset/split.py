"""Which split a group of texts belongs to: decided by its hash, never by chance."""

import hashlib
from typing import Literal

Split = Literal["train", "validation", "test", "in_domain"]
SHARES: tuple[tuple[Split, float], ...] = (("train", 0.8), ("validation", 0.1), ("test", 0.1))


def of_group(group: str) -> Split:
    """The split of a group, the same whenever it is asked and whatever else there is."""
    digest = hashlib.blake2b(group.encode(), digest_size=8, person=b"split").digest()
    position = int.from_bytes(digest, "big") / 2**64  # uniform in [0, 1)
    bound = 0.0
    for name, share in SHARES:
        bound += share
        if position < bound:
            return name
    return SHARES[-1][0]


def rank(group: str) -> str:
    """A fixed order without meaning, to take a sample that stays the same as data grows."""
    return hashlib.blake2b(group.encode(), digest_size=8, person=b"sample").hexdigest()
