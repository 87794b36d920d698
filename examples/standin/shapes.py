"""Posts in V2EX's JSON shapes."""

from html import escape
from typing import Any
from zlib import crc32

from examples.standin.posts import Post

SITE = "https://www.v2ex.com"
Json = dict[str, Any]


def number_of(name: str) -> int:
    """A stable id for a node or a member."""
    return crc32(name.encode()) % 900_000 + 1


def topic_v1(post: Post) -> Json:
    return {
        "node": node(post.node, None),
        "member": member(post.author),
        "last_reply_by": "",
        "last_touched": post.touched or post.last_modified or post.created,
        "title": post.title,
        "url": f"{SITE}/t/{post.id}",
        "created": post.created,
        "deleted": int(post.deleted),
        "content": post.content,
        "content_rendered": rendered(post.content),
        "last_modified": post.last_modified or post.created,
        "replies": post.replies,
        "id": post.id,
    }


def topic_v2(post: Post) -> Json:
    """A row of a node's list: without member and node."""
    return {
        "id": post.id,
        "title": post.title,
        "content": post.content,
        "content_rendered": rendered(post.content),
        "syntax": 0,
        "url": f"{SITE}/t/{post.id}",
        "replies": post.replies,
        "last_reply_by": "",
        "created": post.created,
        "last_modified": post.last_modified or post.created,
        # Real data has topics that were touched before they were created.
        "last_touched": post.position - 1 if post.id % 97 == 0 else post.position,
    }


def topic_v2_full(post: Post) -> Json:
    return {
        **topic_v2(post),
        "member": member(post.author),
        "node": node(post.node, None),
        "supplements": [],
    }


def node(name: str, topics: int | None) -> Json:
    shape: Json = {
        "id": number_of(name),
        "name": name,
        "title": name,
        "title_alternative": name,
        "url": f"{SITE}/go/{name}",
        "stars": 0,
        "header": "",
        "footer": None,
        "root": False,
        "parent_node_name": None,
        "aliases": [],
        **avatars("navatar"),
    }
    return shape if topics is None else {**shape, "topics": topics}


def member(username: str) -> Json:
    return {
        "id": number_of(username),
        "username": username,
        "url": f"{SITE}/u/{username}",
        "website": None,
        "twitter": None,
        "psn": None,
        "github": None,
        "btc": None,
        "location": "",
        "tagline": "",
        "bio": None,
        "created": 1_300_000_000,
        **avatars("avatar"),
    }


def avatars(kind: str) -> Json:
    return {f"avatar_{size}": f"{SITE}/{kind}/{size}.png" for size in ("mini", "normal", "large")}


def rendered(content: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in content.splitlines() if part)


def envelope(result: Any, total: int | None = None, size: int = 20) -> Json:
    """API 2.0's frame; ``total`` is for lists."""
    shape: Json = {"success": True, "message": "Found", "result": result}
    if total is not None:
        shape["pagination"] = {"per_page": size, "total": total, "pages": -(-total // size)}
    return shape
