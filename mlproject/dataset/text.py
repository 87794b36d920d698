"""The text as it is stored, and what makes two texts the same."""

import hashlib
import re
import unicodedata

# Control characters, lone surrogates, zero-width and direction marks; line ends and tabs stay.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]"
)


def normalise(text: str) -> str:
    """One kind of line end, no invisible characters, nothing around it."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return INVISIBLE.sub("", text).strip()


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
    folded = "".join(text.casefold().split()).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(folded, digest_size=8).digest(), "big", signed=True)


def key_of_name(name: str) -> int:
    """64 bits, signed, for a name: of an author, of a site."""
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8, person=b"name")
    return int.from_bytes(digest.digest(), "big", signed=True)
