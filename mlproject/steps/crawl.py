"""Verb ``crawl``: forum topics into Postgres."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mlproject.settings import Settings
from mlproject.source.clock import SystemClock
from mlproject.source.crawl import Mode, Order, crawl
from mlproject.source.request import NODE
from mlproject.source.topic import MAX_ID
from mlproject.steps import StepInputs
from mlproject.store.connection import connect

Node = Annotated[str, Field(pattern=f"^{NODE}$")]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]


class Inputs(StepInputs):
    mode: Mode = "new"
    nodes: tuple[Node, ...] | Literal["all"] | None = "all"  # of mode backfill; null: all
    ids: tuple[Id, Id] | None = None  # of mode ids: first and last
    max_requests: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _complete(self) -> "Inputs":
        if self.mode == "ids" and self.ids is None:
            raise ValueError("mode ids needs ids: [first, last]")
        if self.ids is not None and self.ids[0] > self.ids[1]:
            raise ValueError(f"ids {list(self.ids)}: the first is beyond the last")
        if self.nodes == ():
            raise ValueError('nodes is empty: name at least one, or give "all"')
        return self


@contextmanager
def telling(inputs: Inputs, settings: Settings) -> Iterator[dict[str, Any]]:
    """The result; its counts are told when the block ends, or else again by the next result."""
    order = Order(inputs.mode, inputs.nodes or "all", inputs.ids, inputs.max_requests)
    with connect(settings) as connection:
        yield crawl(order, connection, settings, SystemClock()).as_result()
