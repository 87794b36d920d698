"""The text as it is stored, and what makes two texts the same."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

# Control characters, lone surrogates, zero-width and direction marks; line ends and tabs stay.
INVISIBLE_SIGNS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
)
INVISIBLE = re.compile(f"[{INVISIBLE_SIGNS}]")

# Of ASCII.
LOWER = bytes(range(256)).lower()
WHITE = bytes(code for code in range(128) if chr(code).isspace())


def normalise(text: str) -> str:
    """One kind of line end, no invisible characters, nothing around it."""
    return INVISIBLE.sub("", one_line_end(text)).strip()


def one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def of_post(title: str, content: str) -> str:
    """A forum post as one text, still to be cleaned: the title, a line end, the content."""
    return f"{title.strip()}\n{content}"


def content_hash(text: str) -> str:
    """SHA-256 (hex) of the text, blind to width, case and white space.

    Texts with the same hash belong to one group and so to one split.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return hashlib.sha256("".join(folded.split()).encode("utf-8", "replace")).hexdigest()


def key(text: str) -> int:
    """64 bits, signed, of a cleaned text, blind to case and white space.

    Cleaning has seen to the width.
    """
    return _number("".join(text.casefold().split()).encode("utf-8", "replace"))


def keys(texts: Sequence[str]) -> list[int]:
    """``key`` of each text."""
    joined = "\0".join(texts)
    if joined.count("\0") != len(texts) - 1:
        return [key(text) for text in texts]
    folded = _folding().sub(_fold, joined).encode("utf-8", "replace").translate(LOWER, WHITE)
    return [_number(part) for part in folded.split(b"\0")]


@cache
def _folding() -> re.Pattern[str]:
    """The signs outside ASCII that have another case or are white space; others above U+FFFF too.

    Each of those on its own would make the class slow.
    """
    signs = map(chr, range(0x80, 0x10000))
    some = "".join(sign for sign in signs if _fold_one(sign) != sign)
    return re.compile(f"[{some}\U00010000-\U0001ffff]")


def _fold(found: re.Match[str]) -> str:
    return _fold_one(found[0])


def _fold_one(sign: str) -> str:
    return "" if sign.isspace() else sign.casefold()


def key_of_name(name: str) -> int:
    """64 bits, signed, for a name: of an author, of a site."""
    digest = blake2b(name.encode("utf-8", "replace"), digest_size=8, person=b"name")
    return int.from_bytes(digest.digest(), "big", signed=True)


def _number(folded: bytes) -> int:
    return int.from_bytes(blake2b(folded, digest_size=8).digest(), "big", signed=True)
