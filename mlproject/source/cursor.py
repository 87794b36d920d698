"""How far one node was read. Pure; kept in crawl_state."""

from pydantic import BaseModel, Field

SIZE = 20  # topics of a page
SKIPS = 3  # pages given up in a row after which a node is left


class Cursor(BaseModel):
    page: int = 1  # the next one
    pages: int | None = None
    total: int | None = None  # topics of the node, as of the latest page
    rows: int = 0  # topics read, those counted twice that moved from page to page
    deepest: int = 0  # page
    skipped: list[int] = Field(default_factory=list)  # pages that were given up
    update: bool = False  # read before: go on only until a page brings nothing new
    done: bool = False
    listed: int | None = None  # topics of the node in the list of all nodes

    def advance(self, rows: int, new: int, pages: int | None, total: int | None) -> "Cursor":
        """The cursor after a page with so many rows, of which so many were new."""
        here = {
            "pages": pages,
            "total": total,
            "rows": self.rows + rows,
            "deepest": max(self.deepest, self.page),
        }
        shrunk = None not in (total, self.total) and (total or 0) < (self.total or 0)
        if shrunk and self.page > 1 and self.deepest < self.page:
            # Topics were deleted meanwhile: the rest moved up, some to the page before.
            return self.model_copy(update={**here, "page": self.page - 1})
        at_end = rows == 0 or (pages is not None and self.page >= pages)
        if at_end or (self.update and new == 0):
            return self.model_copy(update={**here, "done": True})
        return self.model_copy(update={**here, "page": self.page + 1})

    def skip(self) -> "Cursor":
        """The cursor after a page that cannot be had; the node is left after several in a row."""
        skipped = [*self.skipped, self.page]
        in_a_row = skipped[-SKIPS:] == list(range(self.page - SKIPS + 1, self.page + 1))
        at_end = self.pages is not None and self.page >= self.pages
        moved = {"page": self.page + 1, "deepest": max(self.deepest, self.page)}
        return self.model_copy(update={**moved, "skipped": skipped, "done": in_a_row or at_end})

    def again(self) -> "Cursor":
        """For a node that was read to its end; all of it where pages had to be skipped."""
        return Cursor(update=not self.skipped, listed=self.listed)

    def opened(self, listed: int | None) -> "Cursor":
        """For a new round, in which the forum lists the node with so many topics."""
        if self.done and (listed is None or listed != self.listed or self.skipped):
            return self.again().model_copy(update={"listed": listed})
        return self.model_copy(update={"listed": listed})

    def expected_pages(self) -> int:
        """Pages that the node will have had when it is done, as far as can be told."""
        if self.done:
            return self.deepest
        if self.update:
            return self.deepest + 1
        known = self.pages if self.pages is not None else -(-(self.listed or 0) // SIZE)
        return max(known, self.deepest + 1)

    def expected_posts(self) -> int:
        """Topics that the node will have given when it is done, as far as can be told."""
        if self.done or self.update:
            return self.rows
        return max(self.rows, (self.total if self.total is not None else self.listed) or 0)
