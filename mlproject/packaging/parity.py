"""Whether the ONNX file gives the probabilities that the trained network gives."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import orjson
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mlproject.errors import InputError
from mlproject.packaging.manifest import Parity
from mlproject.serving.predictor import Predictor
from mlproject.training.model import Classifier
from mlproject.training.predict import probabilities
from mlproject.training.tokens import encode, prepare

log = logging.getLogger(__name__)

TOLERANCE = 1e-4
MAX_TEXTS = 2_000
SINGLE_TEXTS = 200  # also asked one at a time, and in batches with much padding
CHUNK = 500  # texts from one progress line to the next
BATCH = 32
SPLITS = frozenset({"validation", "test", "in_domain"})
WORST = 5  # ids that a refusal names

Probability = NDArray[np.float32]  # (N, labels)


def evaluation_texts(dataset: Path, limit: int = MAX_TEXTS) -> list[tuple[str, str]]:
    """(id, text) of at most ``limit`` rows that training never saw, always the same ones.

    Raises:
        InputError: the folder is no data set, or has no such rows.
    """
    manifest = dataset / "manifest.json"
    if not manifest.is_file():
        raise InputError(f"dataset {dataset}: no manifest.json; give a folder that export wrote")
    names = orjson.loads(manifest.read_bytes())["files"]
    rows = [row for name in names for row in _rows(dataset / name) if row["split"] in SPLITS]
    if not rows:
        raise InputError(f"dataset {dataset}: no rows in {sorted(SPLITS)} to check parity on")
    rows.sort(key=lambda row: hashlib.sha256(str(row["id"]).encode()).digest())
    return [(str(row["id"]), row["text"]) for row in rows[:limit]]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def reference(
    classifier: Classifier, tokenizer: Tokenizer, max_length: int, texts: Sequence[str]
) -> Probability:
    """PyTorch's probabilities (N, labels) in float32 on the CPU, tokens as in training."""
    rows = prepare(tokenizer, max_length)
    parts = []
    for start in range(0, len(texts), CHUNK):
        tokens = encode(texts[start : start + CHUNK], rows, torch.device("cpu"))
        parts.append(probabilities(classifier, tokens, BATCH))
        log.info("parity: PyTorch answered %d of %d texts", start + len(parts[-1]), len(texts))
    result: Probability = np.concatenate(parts)
    return result


def differences(predictor: Predictor, texts: Sequence[str], expected: Probability) -> Probability:
    """Largest absolute difference of each text (N,): in batches, padded, and alone."""
    found = np.abs(predictor.predict(texts) - expected).max(axis=1)
    few = texts[:SINGLE_TEXTS]
    longest = max(texts, key=len)
    for index, text in enumerate(few):
        for answer in (predictor.predict([text])[0], predictor.together([text, longest])[0]):
            found[index] = max(found[index], np.abs(answer - expected[index]).max())
    worst: Probability = found.astype(np.float32)
    return worst


def check(
    predictor: Predictor, rows: Sequence[tuple[str, str]], expected: Probability, dataset_id: str
) -> Parity:
    """The parity report.

    Raises:
        InputError: a probability moved by more than ``TOLERANCE``; names the ids, not the texts.
    """
    moved = differences(predictor, [text for _, text in rows], expected)
    if not np.isfinite(moved).all() or moved.max() > TOLERANCE:
        order = np.argsort(-np.nan_to_num(moved, nan=np.inf))[:WORST]
        worst = ", ".join(f"{rows[index][0]} ({moved[index]:.1e})" for index in order)
        raise InputError(
            f"the ONNX file differs from PyTorch by more than {TOLERANCE} on "
            f"{int((~(moved <= TOLERANCE)).sum())} of {len(rows)} texts, most on: {worst}"
        )
    return Parity(
        texts=len(rows),
        max_difference=float(moved.max()),
        tolerance=TOLERANCE,
        dataset_id=dataset_id,
    )
