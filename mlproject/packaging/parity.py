"""Whether the ONNX file gives the probabilities that the trained network gives."""

import hashlib
import logging
import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mlproject.dataset.read import Dataset
from mlproject.errors import InputError
from mlproject.packaging.manifest import Parity
from mlproject.serving.predictor import Predictor
from mlproject.training.batches import by_length
from mlproject.training.folder import Trained
from mlproject.training.tokens import encode, prepare

log = logging.getLogger(__name__)

TOLERANCE = 1e-4
MAX_TEXTS = 2_000
SINGLE_TEXTS = 200  # also asked one at a time, and in batches with much padding
BATCH = 32  # texts that PyTorch answers together
PROGRESS_SECONDS = 10.0
SPLITS = ("validation", "test", "in_domain")
WORST = 5  # ids that a refusal names

Probability = NDArray[np.float32]  # (N, labels)


def evaluation_texts(dataset: Dataset, limit: int = MAX_TEXTS) -> list[tuple[str, str]]:
    """(id, text) of at most ``limit`` rows that training never saw, always the same ones.

    Raises:
        InputError: there are no such rows.
    """
    rows = [(row.id, row.text) for split in SPLITS for row in dataset.splits.get(split, ())]
    if not rows:
        raise InputError(f"data set {dataset.folder}: no rows in {SPLITS} to check parity on")
    return sorted(rows, key=lambda row: hashlib.sha256(row[0].encode()).digest())[:limit]


@torch.inference_mode()
def reference(trained: Trained, texts: Sequence[str]) -> Probability:
    """PyTorch's probabilities (N, labels), tokens as in training, in full precision on the CPU."""
    tokenizer = prepare(trained.tokenizer, trained.record.max_length)
    device = torch.device("cpu")
    tokens = encode(texts, tokenizer, device)
    batches, order = by_length(tokens.lengths, BATCH, device)
    result = np.empty((len(texts), len(trained.record.labels)), dtype=np.float32)
    done, shown = 0, time.monotonic()
    for batch in batches:
        rows = trained.model(*tokens.padded(batch)).softmax(dim=-1).numpy()
        result[order[done : done + len(rows)]] = rows
        done += len(rows)
        if done == len(texts) or time.monotonic() - shown > PROGRESS_SECONDS:
            shown = time.monotonic()
            log.info("parity: PyTorch answered %d of %d texts", done, len(texts))
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
