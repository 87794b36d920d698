"""Token ids on disk, so that the same texts are tokenised once."""

import hashlib
import logging
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from mlproject.errors import MlprojectError
from mlproject.training.atomic import written
from mlproject.training.tokens import Tokens, pack, word_pieces

log = logging.getLogger(__name__)
FORMAT = 1
KEPT = 8  # files: the newest


def encode(
    texts: Sequence[str], tokenizer: Tokenizer, device: torch.device, folder: Path
) -> Tokens:
    """``tokens.encode``, read from ``folder`` where it was done before."""
    path = folder / f"{key(texts, tokenizer)}.safetensors"
    found = _read(path)
    if found is None:
        found = word_pieces(texts, tokenizer)
        _write(path, *found)
    return pack(*found, tokenizer, device)


def key(texts: Sequence[str], tokenizer: Tokenizer) -> str:
    """The same texts, in the same order, cut into the same pieces: the same key."""
    digest = hashlib.sha256(f"{FORMAT} {tokenizer.to_str()}".encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:32]


def _read(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        with safe_open(path, framework="numpy") as file:
            ids, lengths = file.get_tensor("ids"), file.get_tensor("lengths")
            whole = file.metadata()["crc32"] == _sum(ids, lengths)
    except (OSError, SafetensorError, KeyError, TypeError):
        whole = False
    if not whole:
        if path.is_file():
            log.warning("%s is damaged: the texts are tokenised again", path)
        return None
    path.touch()
    return ids, lengths


def _write(path: Path, ids: np.ndarray, lengths: np.ndarray) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path) as partial:
            metadata = {"crc32": _sum(ids, lengths)}
            save_file({"ids": ids, "lengths": lengths}, partial, metadata)
    except (OSError, MlprojectError) as error:
        log.warning("token ids are not kept: %s", error)
        return
    files = sorted(path.parent.glob("*.safetensors"), key=lambda file: file.stat().st_mtime)
    for old in files[:-KEPT]:
        old.unlink(missing_ok=True)


def _sum(ids: np.ndarray, lengths: np.ndarray) -> str:
    return f"{zlib.crc32(lengths.tobytes(), zlib.crc32(ids.tobytes())):08x}"
