"""API 2.0: path -> what it answers, as status and JSON value."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from examples.standin import shapes
from examples.standin.forum import Source
from examples.standin.posts import AUTHOR, Post

NOT_FOUND = (404, {"success": False, "message": "Object Not Found"})
MONTH = 2_592_000  # seconds


def token(forum: Source, request: Request) -> tuple[int, Any]:
    key = {
        "token": "00000000-0000-4000-8000-000000000000",
        "scope": "everything",
        "expiration": MONTH,
        "good_for_days": 30,
        "total_used": 1,
        "last_used": 1_700_000_000,
        "created": 1_700_000_000,
    }
    return 200, shapes.envelope(key)


def member(forum: Source, request: Request) -> tuple[int, Any]:
    return 200, shapes.envelope(shapes.member(AUTHOR))


def node(forum: Source, request: Request) -> tuple[int, Any]:
    name = request.path_params["name"]
    count = forum.nodes().get(name)
    return NOT_FOUND if count is None else (200, shapes.envelope(shapes.node(name, count)))


def node_topics(forum: Source, request: Request) -> tuple[int, Any]:
    """A page of 20; beyond the last page the list is empty."""
    name = request.path_params["name"]
    total = forum.count(name)
    if not total and name not in forum.nodes():
        return NOT_FOUND
    posts = forum.newest(name, _page(request))
    return 200, shapes.envelope([shapes.topic_v2(post) for post in posts], total)


def topic(forum: Source, request: Request) -> tuple[int, Any]:
    post = _post(forum, request)
    return NOT_FOUND if post is None else (200, shapes.envelope(shapes.topic_v2_full(post)))


def replies(forum: Source, request: Request) -> tuple[int, Any]:
    return NOT_FOUND if _post(forum, request) is None else (200, shapes.envelope([], 0))


def _post(forum: Source, request: Request) -> Post | None:
    number = request.path_params["id"]
    return forum.get(int(number)) if number.isdecimal() else None


def _page(request: Request) -> int:
    text = request.query_params.get("p", "1")
    return max(1, int(text)) if text.isdecimal() else 1


ROUTES: dict[str, Callable[[Source, Request], tuple[int, Any]]] = {
    "token": token,
    "member": member,
    "nodes/{name}": node,
    "nodes/{name}/topics": node_topics,
    "topics/{id}": topic,
    "topics/{id}/replies": replies,
}
