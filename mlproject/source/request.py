"""The requests of V2EX's two APIs that a crawl makes."""

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

SHOW = "topics/show.json"
KNOWN_NODES = ("qna", "programmer")  # large old ones, asked to see whether the forum is well
NODE = r"\w[\w.+-]*"  # what a node may be called: part of a path, never "." or ".."


@dataclass(frozen=True, slots=True)
class Request:
    """A GET whose good answer is a list; in v2 it is the ``result`` of an envelope."""

    api: Literal["v1", "v2"]
    path: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def is_show(self) -> bool:
        """Whether the site's rule of five calls in ten seconds counts this one."""
        return self.api == "v1" and self.path == SHOW

    def fits(self, value: Any) -> bool:
        """Whether the value can be the answer."""
        if self.api == "v1":
            return isinstance(value, list)
        if not isinstance(value, dict) or value.get("success") is not True:
            return False
        rows = value.get("result")
        return isinstance(rows, list) and (bool(rows) or self._may_be_empty(value))

    def _may_be_empty(self, envelope: dict[str, Any]) -> bool:
        """Whether no rows make sense: beyond the last page, of no topics, or of unknown extent."""
        pagination = envelope.get("pagination")
        extent = pagination if isinstance(pagination, dict) else {}
        pages, total = extent.get("pages"), extent.get("total")
        page = int(dict(self.query).get("p", "1"))
        return not isinstance(pages, int) or page > pages or total == 0

    @property
    def address(self) -> str:
        """The path below the forum's address."""
        return f"/api/{'v2/' if self.api == 'v2' else ''}{self.path}"

    def __str__(self) -> str:
        query = "&".join(f"{key}={value}" for key, value in self.query)
        return f"{self.address}{'?' if query else ''}{query}"


def is_node(name: str) -> bool:
    return re.fullmatch(NODE, name) is not None


def latest() -> Request:
    """The newest 20 topics or so."""
    return Request("v1", "topics/latest.json")


def show(topic: int) -> Request:
    """One topic in a list, or an empty list."""
    return Request("v1", SHOW, (("id", str(topic)),))


def all_nodes() -> Request:
    """Every node with its number of topics."""
    return Request("v1", "nodes/all.json")


def node_page(node: str, page: int) -> Request:
    """20 topics of a node; the first page is 1."""
    return Request("v2", f"nodes/{quote(node, safe='')}/topics", (("p", str(page)),))


def probe(failing: Request) -> Request:
    """Another request of the same kind, which should have an answer if the forum is well."""
    if failing.api == "v1":
        return latest()
    first, other = (node_page(node, 1) for node in KNOWN_NODES)
    return other if failing.path == first.path else first
