"""The requests of V2EX's two APIs that a crawl makes."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

SHOW = "topics/show.json"
NODE = r"\w[\w.+-]*"  # what a node may be called: part of a path, never "." or ".."


@dataclass(frozen=True, slots=True)
class Request:
    """``shape`` is the type that a good answer has; v2 answers are envelopes, so objects."""

    api: Literal["v1", "v2"]
    path: str
    query: tuple[tuple[str, str], ...] = ()
    shape: type = list

    @property
    def is_show(self) -> bool:
        """Whether the site's rule of five calls in ten seconds counts this one."""
        return self.api == "v1" and self.path == SHOW

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
    return Request("v2", f"nodes/{quote(node, safe='')}/topics", (("p", str(page)),), dict)
