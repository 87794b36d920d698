"""What a model says of texts, kept on disk: each text is asked once."""

import hashlib
import logging
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlproject import stop
from mlproject.errors import StoppedError

log = logging.getLogger(__name__)
BLOCK = 2_000  # texts asked between two savings
PROGRESS_SECONDS = 10.0

Predict = Callable[[Sequence[str]], np.ndarray]  # texts -> probabilities (N, labels)


class Answers:
    """A model's probabilities by text. ``signature`` names the model: another one's are dropped."""

    def __init__(self, path: Path, signature: str, predict: Predict) -> None:
        self._path, self._signature, self._predict = path, signature, predict
        self._known = _read(path, signature)

    def ask(self, texts: Iterable[str]) -> None:
        """Make sure that there is an answer for each text.

        Raises:
            StoppedError: on request, after saving what was answered.
        """
        new = {key: text for text in texts if (key := _key(text)) not in self._known}
        keys = sorted(new, key=lambda key: len(new[key]))
        shown = time.monotonic()
        for begin in range(0, len(keys), BLOCK):
            block = keys[begin : begin + BLOCK]
            found = np.asarray(self._predict([new[key] for key in block]), dtype=np.float32)
            self._known.update(zip(block, found, strict=True))
            self._write()
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                log.info("%s: %d of %d texts", self._path.stem, begin + len(block), len(keys))
            if stop.requested() and begin + len(block) < len(keys):
                raise StoppedError("stopped while evaluating; what was answered is kept")

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities (N, labels); asks for those that are not known."""
        self.ask(texts)
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        return np.stack([self._known[_key(text)] for text in texts])

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f"{self._path.name}.partial")
        keys = np.array(list(self._known), dtype=np.uint64)
        with partial.open("wb") as file:
            np.savez(
                file,
                signature=np.array(self._signature),
                keys=keys,
                probabilities=np.stack(list(self._known.values())),
            )
        partial.replace(self._path)


def _key(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _read(path: Path, signature: str) -> dict[int, NDArray[np.float32]]:
    """Nothing where the file is missing, damaged or another model's."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if str(kept["signature"]) != signature:
                return {}
            found = zip(kept["keys"].tolist(), kept["probabilities"], strict=True)
            return {key: row for key, row in found if np.isfinite(row).all()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        log.warning("%s is damaged (%s): its texts are asked again", path, error)
        return {}
