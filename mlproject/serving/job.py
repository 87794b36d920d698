"""The texts of one request, on their way to one answer."""

from collections.abc import Sequence
from concurrent.futures import InvalidStateError
from dataclasses import dataclass

from mlproject.dataset.clean import clean
from mlproject.dataset.text import INVISIBLE
from mlproject.packaging.manifest import Manifest
from mlproject.serving.outcome import Outcome
from mlproject.serving.predictor import Tokens
from mlproject.serving.request import Refusal
from mlproject.serving.served import Served

Row = list[float]  # a probability per label


@dataclass(frozen=True)
class Answer:
    """Probabilities (N, labels), which texts were truncated (N), and the version of them all.

    ``empty`` (N): texts in which nothing can be read; their probabilities mean nothing. Lists, for
    most requests are of one text, which arrays make dearer.
    """

    served: Served
    probabilities: list[Row]
    truncated: list[bool]
    empty: list[bool]


class Job:
    """Its texts may run in several batches, all of the version that it began with."""

    __slots__ = ("empty", "missing", "outcome", "probabilities", "served", "texts", "truncated")

    def __init__(self, served: Served, texts: Sequence[str], outcome: Outcome[Answer]) -> None:
        self.served = served
        self.texts = texts
        self.outcome = outcome
        self.missing = len(texts)
        self.truncated: list[bool] = []
        self.empty: list[bool] = []
        self.probabilities: list[Row] = [[]] * len(texts)

    def tokenize(self) -> list[Tokens]:
        """Token ids of its texts; notes which of them the model reads in part, or not at all."""
        manifest = self.served.manifest
        ready = prepared(self.texts, manifest)
        self.empty = [not INVISIBLE.sub("", text).strip() for text in ready]
        rows = self.served.predictor.tokenize(ready)
        limit = manifest.cleaning.max_length if manifest.cleaning else None
        self.truncated = [
            row.truncated or (limit is not None and len(text) > limit)
            for text, row in zip(self.texts, rows, strict=True)
        ]
        return rows

    def take(self, position: int, row: Row) -> bool:
        """Note the probabilities of one text; whether it was the last one missing."""
        self.probabilities[position] = row
        self.missing -= 1
        return not self.missing

    def finish(self) -> None:
        try:
            self.outcome.set_result(
                Answer(self.served, self.probabilities, self.truncated, self.empty)
            )
        except InvalidStateError:  # nobody waits for it any more
            return

    def fail(self, refusal: Refusal) -> None:
        try:
            self.outcome.set_exception(refusal)
        except InvalidStateError:  # refused before, or nobody waits for it any more
            return


@dataclass(frozen=True, slots=True)
class Waiting:
    """One tokenised text in the queue."""

    job: Job
    position: int
    ids: list[int]


def prepared(texts: Sequence[str], manifest: Manifest) -> list[str]:
    """The texts as the model's training knew texts."""
    if manifest.cleaning is None:
        return list(texts)
    return [clean(text, manifest.cleaning) for text in texts]
