"""Where a training starts: a network of a hub, of a folder, or one with random weights."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from mlproject.errors import InputError
from mlproject.training.presets import RANDOM, Preset

# The commit of a hub name where none is given.
PINNED = {"bert-base-chinese": "c30a6ed22ab4564dc1e3b2ecbf6e766b0611a33f"}
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Origin:
    """A base model by its name.

    Raises:
        InputError: a revision or a vocabulary is given that this base model does not take.
    """

    name: str  # of a hub, a folder, or one of presets.RANDOM
    revision: str = ""  # commit, of a hub name
    vocabulary: str = ""  # vocab.txt or tokenizer.json, for random weights; "": from the texts

    def __post_init__(self) -> None:
        if self.revision and (self.preset or Path(self.name).is_dir()):
            raise InputError(f"revision {self.revision!r}: base model {self.name!r} is of no hub")
        if self.revision and not COMMIT.fullmatch(self.revision):
            raise InputError(
                f"revision {self.revision!r}: give a commit, 40 hexadecimal digits; branches move"
            )
        if self.vocabulary and not self.preset:
            raise InputError(
                f"vocabulary {self.vocabulary!r}: base model {self.name!r} has its own; only "
                f"{', '.join(RANDOM)} take one"
            )
        if self.vocabulary and not Path(self.vocabulary).is_file():
            raise InputError(f"vocabulary {self.vocabulary!r}: there is no such file")

    @property
    def preset(self) -> Preset | None:
        """That of a network with random weights."""
        return RANDOM.get(self.name)

    @property
    def commit(self) -> str | None:
        """What the hub is asked for; None for its newest, and for a folder."""
        if Path(self.name).is_dir():
            return None
        return self.revision or PINNED.get(self.name)

    def identity(self) -> str:
        """What tells one base model from another: name, commit, hash of the file."""
        if self.preset is not None:
            return f"{self.name}+{_hash(Path(self.vocabulary))}" if self.vocabulary else self.name
        weights = Path(self.name) / "model.safetensors"
        if weights.is_file():
            return f"{weights.parent.name}@{_hash(weights)}"
        return f"{self.name}@{self.commit}" if self.commit else self.name


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
