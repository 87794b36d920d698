"""API v1: path -> what it answers, as status and JSON value."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from examples.standin import shapes
from examples.standin.forum import Source

HOT = 10
NOT_FOUND = (404, {"status": "error", "message": "Object Not Found"})


def latest(forum: Source, request: Request) -> tuple[int, Any]:
    return 200, [shapes.topic_v1(post) for post in forum.newest()]


def hot(forum: Source, request: Request) -> tuple[int, Any]:
    recent = sorted(forum.newest(size=200), key=lambda post: -post.replies)
    return 200, [shapes.topic_v1(post) for post in recent[:HOT]]


def show(forum: Source, request: Request) -> tuple[int, Any]:
    """Topics by id, username, node_name or node_id: always a list."""
    query = request.query_params
    if "id" in query:
        post = forum.get(int(query["id"])) if query["id"].isdecimal() else None
        posts = [post] if post is not None else []
    elif "username" in query:
        posts = forum.by_author(query["username"])
    else:
        name = _node_name(forum, query.get("node_name"), query.get("node_id"))
        posts = forum.newest(name) if name else []
    return 200, [shapes.topic_v1(post) for post in posts]


def replies(forum: Source, request: Request) -> tuple[int, Any]:
    return 200, []


def node(forum: Source, request: Request) -> tuple[int, Any]:
    name = _node_name(forum, request.query_params.get("name"), request.query_params.get("id"))
    return (200, shapes.node(name, forum.count(name))) if name else NOT_FOUND


def all_nodes(forum: Source, request: Request) -> tuple[int, Any]:
    return 200, [shapes.node(name, count) for name, count in forum.nodes().items()]


def list_nodes(forum: Source, request: Request) -> tuple[int, Any]:
    wanted = request.query_params.get("fields", "id,name,title,topics").split(",")
    nodes = [shapes.node(name, count) for name, count in forum.nodes().items()]
    if request.query_params.get("reverse") != "1":
        nodes.reverse()
    return 200, [{key: value for key, value in one.items() if key in wanted} for one in nodes]


def member(forum: Source, request: Request) -> tuple[int, Any]:
    username = request.query_params.get("username", "")
    if not forum.by_author(username, 1):
        return NOT_FOUND
    return 200, {"status": "found", **shapes.member(username)}


def stats(forum: Source, request: Request) -> tuple[int, Any]:
    newest = max((post.id for post in forum.newest()), default=0)
    return 200, {"topic_max": newest, "member_max": 900_000}


def _node_name(forum: Source, name: str | None, number: str | None) -> str | None:
    known = forum.nodes()
    if name is not None:
        return name if name in known else None
    return next((node for node in known if str(shapes.number_of(node)) == number), None)


ROUTES: dict[str, Callable[[Source, Request], tuple[int, Any]]] = {
    "topics/latest.json": latest,
    "topics/hot.json": hot,
    "topics/show.json": show,
    "replies/show.json": replies,
    "nodes/show.json": node,
    "nodes/all.json": all_nodes,
    "nodes/list.json": list_nodes,
    "members/show.json": member,
    "site/stats.json": stats,
}
