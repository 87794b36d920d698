"""The forum behind the stand-in: posts that appear with time, and can be edited and deleted."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from examples.standin.posts import Post

ALL = ""  # the list of all nodes


class Source(Protocol):
    """Where the stand-in's posts come from."""

    def get(self, number: int) -> Post | None: ...

    def count(self, node: str = ALL) -> int: ...

    def newest(self, node: str = ALL, page: int = 1, size: int = 20) -> list[Post]: ...

    def nodes(self) -> dict[str, int]: ...

    def by_author(self, author: str, size: int = 20) -> list[Post]: ...


class Forum:
    """Posts are visible from their time of creation on, by the clock given (epoch seconds)."""

    def __init__(self, posts: Iterable[Post], clock: Callable[[], float]) -> None:
        self._posts = {post.id: post for post in posts}
        self._clock = clock
        self._lists: dict[str, list[Post]] | None = None

    def put(self, post: Post) -> None:
        """Add a post, or replace the one with its id."""
        self._posts[post.id] = post
        self._lists = None

    def delete(self, number: int) -> None:
        del self._posts[number]
        self._lists = None

    def bump(self, number: int) -> None:
        """Move a post to the top of its node's list, as a reply does."""
        self.put(replace(self._posts[number], touched=int(self._clock())))

    def get(self, number: int) -> Post | None:
        post = self._posts.get(number)
        return post if post is not None and post.created <= self._clock() else None

    def count(self, node: str = ALL) -> int:
        """How many posts of the node are visible."""
        time = _created if node == ALL else _position
        return bisect_right(self._ordered(node), self._clock(), key=time)

    def newest(self, node: str = ALL, page: int = 1, size: int = 20) -> list[Post]:
        """One page of the visible posts, newest first."""
        visible = self.count(node)
        end = max(0, visible - (page - 1) * size)
        return self._ordered(node)[max(0, end - size) : end][::-1]

    def nodes(self) -> dict[str, int]:
        """Every node with its number of visible posts, largest first."""
        counts = {node: self.count(node) for node in self._by_node() if node != ALL}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def by_author(self, author: str, size: int = 20) -> list[Post]:
        posts = self._ordered(ALL)[: self.count()]
        return [post for post in reversed(posts) if post.author == author][:size]

    def _ordered(self, node: str) -> list[Post]:
        return self._by_node().get(node, [])

    def _by_node(self) -> dict[str, list[Post]]:
        if self._lists is None:
            by_id = sorted(self._posts.values(), key=lambda post: post.id)
            self._lists = {ALL: sorted(by_id, key=_created)}
            for post in sorted(by_id, key=_position):
                self._lists.setdefault(post.node, []).append(post)
        return self._lists


def _created(post: Post) -> int:
    return post.created


def _position(post: Post) -> int:
    return post.position
