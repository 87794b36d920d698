"""Posts of the stand-in, from JSON lines."""

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
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


def load(paths: Iterable[Path], limit: int = 0) -> list[Post]:
    """The posts of all files, a later file's copy of an id replacing an earlier one's.

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
    return sample([posts[key] for key in sorted(posts)], limit)


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


def sample(posts: Sequence[Post], limit: int) -> list[Post]:
    """At most that many posts (0: all), evenly spread over the sequence; always the same ones."""
    if not 0 < limit < len(posts):
        return list(posts)
    return [posts[index * len(posts) // limit] for index in range(limit)]


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from (line for line in lines if line.strip())
