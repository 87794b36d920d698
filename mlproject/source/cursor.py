"""How far one node was read. Pure; kept in crawl_state."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from mlproject.source.coverage import SIZE, Coverage

SKIPS = 3  # pages given up in a row after which a node is left
ROUNDS = 3  # in which a page that was given up is tried again


class Cursor(BaseModel):
    page: int = 1  # the next one in turn
    pages: int | None = None
    total: int | None = None  # topics of the node, as of the latest page
    rows: int = 0  # topics read, those counted twice that moved from page to page
    deepest: int = 0  # page
    began: float | None = None  # epoch seconds
    coverage: Coverage = Field(default_factory=Coverage)
    update: bool = False  # read before: go on only until a page brings nothing new
    closing: bool = False  # the same, after a round in which topics changed places
    ended: bool = False  # nothing is left but the pages of ``retry``
    stopped: bool = False  # left before its end, as page after page could not be had
    skipped: list[int] = Field(default_factory=list)  # pages that were given up in this round
    skipped_of: int | None = None  # topics of the node at that time
    retry: list[int] = Field(default_factory=list)  # pages given up before, to be read first
    rounds: int = 0  # that tried them
    lost: list[int] = Field(default_factory=list)  # pages that no round could read
    done: bool = False
    listed: int | None = None  # topics of the node in the list of all nodes

    @property
    def wanted(self) -> int:
        """The page to ask for."""
        return self.retry[0] if self.retry else self.page

    def advance(
        self,
        rows: int,
        new: int,
        pages: int | None,
        total: int | None,
        ids: Sequence[int] = (),
        stirred: int = 0,
    ) -> "Cursor":
        """The cursor after a page with so many rows, of which so many were new.

        ``stirred`` counts the rows that were edited, or touched since the round began.
        """
        if self.retry:
            return self._reread(rows, pages, total)
        coverage, back = self.coverage.after(self.page, self.total, total, ids)
        here = {
            "pages": pages,
            "total": total,
            "rows": self.rows + rows,
            "deepest": max(self.deepest, self.page),
            "coverage": coverage,
        }
        moved = self.model_copy(update=here)
        if back is not None:
            return moved._with(page=back)
        brought = new + (stirred if self.closing else 0)
        if rows == 0 or self._at_end(pages) or (self.update and brought == 0):
            return moved._end()
        return moved._with(page=self.page + 1)

    def skip(self) -> "Cursor":
        """The cursor after a page that cannot be had; the node is left after several in a row."""
        skipped = [*self.skipped, self.wanted]
        of = self.skipped_of if self.skipped or self.retry else self.total
        if self.retry:
            return self._with(skipped=skipped, skipped_of=of)._retried(failed=True)
        moved = self._with(
            page=self.page + 1,
            deepest=max(self.deepest, self.page),
            coverage=self.coverage.passed(self.page, self.total),
            skipped=skipped,
            skipped_of=of,
        )
        if self._at_end(self.pages):
            return moved._end()
        in_a_row = skipped[-SKIPS:] == list(range(self.page - SKIPS + 1, self.page + 1))
        return moved._with(done=True, stopped=True) if in_a_row else moved

    def again(self) -> "Cursor":
        """For a node that is done: what is new, and the pages that could not be had."""
        tried = self._retrying()
        if tried.stopped:
            return tried
        kept = tried.model_dump(include={"retry", "rounds", "lost", "skipped_of", "listed"})
        return Cursor(update=True, **kept)

    def opened(self, listed: int | None) -> "Cursor":
        """For a new round, in which the forum lists the node with so many topics."""
        cursor = self
        if self.done and (listed is None or listed != self.listed):
            cursor = self.again()
        elif self.done and self.skipped:
            cursor = self._retrying()
        return cursor._with(listed=listed)

    def expected_pages(self) -> int:
        """Pages that the node will have had when it is done, as far as can be told."""
        if self.done or self.ended:
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

    def _with(self, **values: object) -> "Cursor":
        return self.model_copy(update=values)

    def _at_end(self, pages: int | None) -> bool:
        return pages is not None and self.page >= pages

    def _end(self) -> "Cursor":
        if self.coverage.moved and not self.closing:
            return self._with(page=1, update=True, closing=True, coverage=Coverage())
        return self._with(done=True, coverage=Coverage())

    def _retrying(self) -> "Cursor":
        """The pages that were given up are to be read again, unless that was tried enough."""
        if not self.skipped or self.rounds >= ROUNDS:
            lost = sorted({*self.lost, *self.skipped})
            return self._with(lost=lost, skipped=[], rounds=0, stopped=False)
        return self._with(
            retry=sorted(set(self.skipped)),
            skipped=[],
            rounds=self.rounds + 1,
            ended=not self.stopped,
            done=False,
        )

    def _reread(self, rows: int, pages: int | None, total: int | None) -> "Cursor":
        moved = (total or 0) - (self.skipped_of or 0) if total and self.skipped_of else 0
        # Where the list grew or shrank, what the pages had is now on others.
        near = range(min(0, moved // SIZE), max(0, -(-moved // SIZE)) + 1)
        last = pages if pages is not None else max(self.retry)
        found = {page + step for page in self.retry for step in near} - {self.wanted}
        retry = [self.wanted, *sorted(page for page in found if 1 <= page <= last)]
        here = self._with(retry=retry, rows=self.rows + rows)
        return here._with(skipped_of=total or self.skipped_of)._retried(failed=False)

    def _retried(self, failed: bool) -> "Cursor":
        rest = self._with(retry=self.retry[1:])
        if rest.retry:
            return rest
        if self.stopped:
            return rest._with(done=failed, stopped=failed)
        return rest._with(done=self.ended, ended=False)
