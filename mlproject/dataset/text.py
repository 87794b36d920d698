"""The text that a model sees, and what makes two texts the same."""

import hashlib
import unicodedata


def normalise(text: str) -> str:
    """The text as it is stored in a data set: one kind of line end, no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def of_post(title: str, content: str) -> str:
    """A forum post as one text: the title, a line end, the content."""
    return normalise(f"{title.strip()}\n{content}")


def content_hash(text: str) -> str:
    """SHA-256 (hex) of the text, blind to width, case and white space.

    Texts with the same hash belong to one group and so to one split.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return hashlib.sha256("".join(folded.split()).encode("utf-8", "replace")).hexdigest()
