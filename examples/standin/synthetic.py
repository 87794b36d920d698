"""A large forum whose posts are made up when they are asked for."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from examples.standin.forum import ALL
from examples.standin.posts import Post

WORDS = ("租房押金不退怎么办", "求推荐一款显示器", "今天面试的感受", "如何学习新的语言", "闲聊两句")
SPACING = 300  # seconds between one post and the next


class SyntheticForum:
    """Nodes of given sizes, one block of ids after the other; the last post is the newest."""

    def __init__(
        self, sizes: Sequence[int], clock: Callable[[], float], grows: bool = False
    ) -> None:
        """``grows``: the last node has one post more every ``SPACING`` seconds."""
        self._clock, self._grows, self._start = clock, grows, clock()
        self._ends = list(accumulate(sizes))
        self._sizes = {f"node{number}": size for number, size in enumerate(sizes, 1)}
        self._names = list(self._sizes)
        self._first = int(clock()) - SPACING * (self._ends[-1] + 1)

    def get(self, number: int) -> Post | None:
        if not 0 < number <= self.count():
            return None
        text = WORDS[number % len(WORDS)]
        return Post(
            id=number,
            title=f"{text} {number}",
            content="\r\n".join(f"{text}，第 {line} 行。" for line in range(number % 9)),
            node=self._names[bisect_right(self._ends[:-1], number - 1)],
            created=self._first + SPACING * number,
            author=f"user{number % 5000}",
        )

    def count(self, node: str = ALL) -> int:
        count = self._ends[-1] if node == ALL else self._sizes.get(node, 0)
        return count + self._grown() if node in (ALL, self._names[-1]) else count

    def newest(self, node: str = ALL, page: int = 1, size: int = 20) -> list[Post]:
        last = self.count() if node in (ALL, self._names[-1]) else self._end(node)
        first = last - self.count(node)
        top = last - (page - 1) * size
        posts = (self.get(number) for number in range(top, max(first, top - size), -1))
        return [post for post in posts if post is not None]

    def nodes(self) -> dict[str, int]:
        return {name: self.count(name) for name in self._names}

    def by_author(self, author: str, size: int = 20) -> list[Post]:
        return []

    def _grown(self) -> int:
        return int((self._clock() - self._start) / SPACING) if self._grows else 0

    def _end(self, node: str) -> int:
        return self._ends[self._names.index(node)] if node in self._sizes else 0
