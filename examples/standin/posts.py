"""Posts of the stand-in, from JSON lines."""

import csv
import gzip
import json
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NODE = "all4all"  # of posts that name none
AUTHOR = "somebody"


@dataclass(frozen=True, slots=True)
class Post:
    """What the forum shows of a post; other keys of a file, such as its label, stay out."""

    id: int
    title: str
    content: str
    node: str = NODE
    created: int = 1_600_000_000  # epoch seconds
    last_modified: int | None = None
    author: str = AUTHOR
    replies: int = 0
    deleted: bool = False  # still shown by API v1, but marked
    touched: int | None = None  # when it last went to the top of its node's list

    @property
    def position(self) -> int:
        """What a node's list is ordered by."""
        return self.created if self.touched is None else self.touched


def load(paths: Iterable[Path], limit: int = 0, first: Container[int] = frozenset()) -> list[Post]:
    """The posts of all files, a later file's copy of an id replacing an earlier one's.

    With a ``limit`` the posts with the ids in ``first`` come before all others.

    Raises:
        ValueError: a line is not a post.
    """
    posts: dict[int, Post] = {}
    for path in paths:
        for number, line in enumerate(_lines(path), 1):
            try:
                post = from_json(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path} line {number} is not a post: {error!r}") from None
            posts[post.id] = post
    return sample([posts[key] for key in sorted(posts)], limit, first)


def ids(path: Path) -> frozenset[int]:
    """The column ``id`` of a CSV file.

    Raises:
        ValueError: there is no such column, or it holds something else than a number.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        try:
            return frozenset(int(row["id"]) for row in csv.DictReader(lines))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} has no column of ids: {error!r}") from None


def from_json(values: dict[str, Any]) -> Post:
    """A post from ``id title content node created`` and the optional keys."""
    return Post(
        id=int(values["id"]),
        title=values["title"] or "",
        content=values["content"] or "",
        node=values.get("node") or NODE,
        created=int(values["created"]),
        last_modified=values.get("last_modified"),
        author=values.get("author") or values.get("member") or "",
        replies=values.get("replies") or 0,
    )


def sample(posts: Sequence[Post], limit: int, first: Container[int] = frozenset()) -> list[Post]:
    """At most that many posts (0: all), evenly spread over the sequence; always the same ones.

    Posts with an id in ``first`` are taken before the others.
    """
    if not 0 < limit < len(posts):
        return list(posts)
    wanted = [post for post in posts if post.id in first]
    others = [post for post in posts if post.id not in first]
    chosen = _spread(wanted, min(limit, len(wanted)))
    chosen += _spread(others, limit - len(chosen))
    return sorted(chosen, key=lambda post: post.id)


def _spread(posts: Sequence[Post], number: int) -> list[Post]:
    return [posts[index * len(posts) // number] for index in range(number)]


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from (line for line in lines if line.strip())
