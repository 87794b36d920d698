"""A forum topic as it is stored, read from either API's JSON."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MAX_ID = 2**63 - 1  # bigint
TEXTS = ("title", "content")


@dataclass(frozen=True, slots=True)
class Topic:
    id: int
    title: str
    content: str  # raw, with the forum's line ends
    node: str | None
    author: str | None  # see ``pseudonym``
    created: datetime
    last_modified: datetime | None
    lacking: tuple[str, ...] = ()  # title, content: what the answer did not have, here ""


def pseudonym(username: str) -> str:
    """What is kept of a username: enough to group a writer's posts, not to name the writer."""
    return hashlib.sha256(username.encode("utf-8", "replace")).hexdigest()[:16]


def topic_id(value: Any) -> int | None:
    """The id in a topic's JSON, where it has a usable one."""
    number = value.get("id") if isinstance(value, dict) else None
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number <= MAX_ID:
        return number
    return None


def read(value: Any, node: str | None = None) -> Topic | None:
    """The topic in one JSON object; None without id or time of creation, or marked deleted.

    ``node`` is for lists of one node, whose topics do not name it.
    """
    number = topic_id(value)
    created = _time(value.get("created")) if number is not None else None
    if number is None or created is None or is_deleted(value):
        return None
    member = value.get("member")
    username = member.get("username") if isinstance(member, dict) else None
    inside = value.get("node")
    name = inside.get("name") if isinstance(inside, dict) else None
    return Topic(
        id=number,
        title=_text(value.get("title")),
        content=_text(value.get("content")),
        node=_text(name) or node,
        author=pseudonym(username) if isinstance(username, str) and username else None,
        created=created,
        last_modified=_time(value.get("last_modified")),
        lacking=tuple(key for key in TEXTS if not isinstance(value.get(key), str)),
    )


def touched_since(value: Any, time: float) -> bool:
    """Whether a topic's JSON says that it went to the top of its list at that time or later."""
    touched = _time(value.get("last_touched")) if isinstance(value, dict) else None
    return touched is not None and touched.timestamp() >= time


def is_deleted(value: Any) -> bool:
    """Whether a topic's JSON is marked as deleted."""
    return isinstance(value, dict) and value.get("deleted") in (1, True)


def read_all(values: Iterable[Any], node: str | None = None) -> list[Topic]:
    """The topics of a list, each id once, without those that cannot be read."""
    found = (read(value, node) for value in values)
    return list({topic.id: topic for topic in found if topic is not None}.values())


def _text(value: Any) -> str:
    """Text that Postgres takes: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _time(value: Any) -> datetime | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
