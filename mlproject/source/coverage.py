"""What of a list was read while topics moved in it. Pure; part of a node's cursor."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

SIZE = 20  # topics of a page
REMEMBERED = 100  # ids of the latest pages
BACKS = 100  # times at most that a list's holes are gone back to in one round


class Coverage(BaseModel):
    """Counted from the end of the list, where new topics at its top change nothing."""

    left: int | None = None  # topics below what was read without a hole
    backs: int = 0  # how often a hole was gone back to
    ahead: tuple[int, int] | None = None  # topics below begin and end of a page beyond a hole
    recent: list[int] = Field(default_factory=list)
    moved: bool = False  # a topic may have gone from below to the top, which was read before

    def after(
        self, page: int, before: int | None, total: int | None, ids: Sequence[int]
    ) -> tuple["Coverage", int | None]:
        """The coverage with this page, and the page to step back to for what slipped above it.

        ``before`` and ``total`` are the topics of the list at the page before and now.
        """
        known = len(set(ids) & set(self.recent))
        grown = max(0, (total or 0) - (before or 0))
        here = self.model_copy(
            update={
                "recent": [*self.recent, *ids][-REMEMBERED:],
                # New topics push that many down. More came from further below.
                "moved": self.moved or (self.ahead is None and known > grown),
            }
        )
        if total is None:
            here.left = None if self.left is None else max(0, self.left - SIZE)
            return here, None
        start, end = max(0, total - SIZE * (page - 1)), max(0, total - SIZE * page)
        left = start if page == 1 else self.left
        if left is None and before is not None:
            left = before - SIZE * (page - 1)
        # A total that only swings must not lead back for ever.
        if left is not None and start < left and self.backs < BACKS:
            here.left, here.ahead, here.moved = left, (start, end), True
            here.backs += 1
            return here, max(1, (total - left) // SIZE + 1)
        here._join(left, end)
        return here, None

    def passed(self, page: int, total: int | None) -> "Coverage":
        """The coverage where a page is left out, to be read later."""
        return self if total is None else self.model_copy(update={"left": total - SIZE * page})

    def _join(self, left: int | None, end: int) -> None:
        self.left = end if left is None else min(left, end)
        if self.ahead is not None and self.left <= self.ahead[0]:
            self.left, self.ahead = min(self.left, self.ahead[1]), None
