"""Small talk before or behind a text: forums are full of it, and it says nothing of the label."""

from collections.abc import Sequence
from pathlib import Path

from mlproject.dataset.clean import clean
from mlproject.dataset.lengths import ending
from mlproject.dataset.options import Cleaning
from mlproject.dataset.row import Candidate, Kind
from mlproject.dataset.split import rank
from mlproject.dataset.text import key_of_name
from mlproject.errors import InputError


class SmallTalk:
    """Sentences, and the share of texts that come once more with one of them."""

    def __init__(self, sentences: Sequence[str], share: float) -> None:
        self._sentences, self._share = sentences, share

    @classmethod
    def read(cls, path: Path, share: float, cleaning: Cleaning) -> "SmallTalk":
        """The sentences of a file, one a line.

        Raises:
            InputError: it has none, or is no text.
        """
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"padding: {path} cannot be read: {error}") from None
        sentences = [sentence for line in lines if (sentence := clean(line, cleaning))]
        if not sentences:
            raise InputError(f"padding: {path} has no sentence")
        return cls(sentences, share)

    def around(self, row: Candidate) -> Candidate | None:
        """The row with a sentence before or behind it; None for most rows.

        Which rows and which sentence is settled by the row's id, so it is the same tomorrow.
        """
        draw = key_of_name(f"padding {row.id}")
        if rank(draw) >= self._share:
            return None
        sentence = self._sentences[draw % len(self._sentences)]
        own_line, behind = draw >> 32 & 1, draw >> 33 & 1
        first, second = (row.text, sentence) if behind else (sentence, row.text)
        between = "\n" if own_line or not ending(first) else ""
        text = f"{first}{between}{second}"
        kind, source = row.kind | Kind.VARIANT, f"{row.source}-padded"
        return row._replace(id=f"{row.id}-padded", text=text, source=source, kind=kind)


NONE = SmallTalk((), 0)
