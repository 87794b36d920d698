"""Whether the ONNX file gives the probabilities that the trained network gives."""

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from mlproject.dataset.read import Dataset, Example
from mlproject.errors import InputError
from mlproject.packaging.manifest import Parity
from mlproject.serving.capacity import BATCH_TOKENS
from mlproject.serving.predictor import batches
from mlproject.training.batches import by_length
from mlproject.training.folder import Trained
from mlproject.training.tokens import encode, prepare

log = logging.getLogger(__name__)

TOLERANCE = 1e-4  # of a probability, from PyTorch's
ALONE = 1e-5  # of a probability in fp32, alone and in a batch
MIXED = 8  # texts of a batch, of any lengths
BUDGETS = (BATCH_TOKENS, 4 * BATCH_TOKENS)  # tokens of a batch of texts of nearly one length
BATCH = 32  # texts that PyTorch answers together
PROGRESS_SECONDS = 10.0
IN_DOMAIN = "in_domain"
SPLITS = ("validation", "test", IN_DOMAIN)
WORST = 5  # ids that a refusal names

Probability = NDArray[np.float32]  # (N, labels)


class Runs(Protocol):
    """What answers: a ``Predictor``."""

    def run(self, rows: Sequence[Sequence[int]]) -> Probability: ...


def sample(dataset: Dataset, limit: int) -> dict[str, list[Example]]:
    """Split -> its rows among at most ``limit`` that training never saw, always the same ones.

    Those of in_domain come first: they are few, and what is served is asked texts like them.

    Raises:
        InputError: there are no such rows.
    """
    rows = [(split, row) for split in SPLITS for row in dataset.splits.get(split, ())]
    if not rows:
        raise InputError(f"data set {dataset.folder}: no rows in {SPLITS} to check parity on")
    near = first(dataset.splits.get(IN_DOMAIN, ()), limit)
    others = [row for split, row in rows if split != IN_DOMAIN]
    chosen = {row.id for row in (*near, *first(others, limit - len(near)))}
    return {
        split: [row for name, row in rows if name == split and row.id in chosen] for split in SPLITS
    }


def first(rows: Sequence[Example], limit: int) -> list[Example]:
    """At most ``limit`` of the rows, by hash of their ids: always the same ones."""
    return sorted(rows, key=lambda row: hashlib.sha256(row.id.encode()).digest())[:limit]


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


def check(found: Probability, expected: Probability, ids: Sequence[str], dataset_id: str) -> Parity:
    """The parity report of fp32; ``ids`` (N,) name the texts.

    Raises:
        InputError: a probability moved by more than ``TOLERANCE``; names the ids, not the texts.
    """
    moved = differences(found, expected)
    if not moved.max() <= TOLERANCE:
        raise InputError(
            f"the ONNX file differs from PyTorch by more than {TOLERANCE} on "
            f"{int((moved > TOLERANCE).sum())} of {len(ids)} texts, most on: {worst(moved, ids)}"
        )
    return Parity(
        texts=len(ids),
        max_difference=float(moved.max()),
        tolerance=TOLERANCE,
        dataset_id=dataset_id,
    )


def noted(report: Parity, asked: int) -> Parity:
    """The report with how many texts were asked for; fewer are said in it and in the log."""
    note = ""
    if report.texts < asked:
        note = (
            f"{report.texts} texts were compared, not {asked}: the splits {', '.join(SPLITS)} of "
            f"data set {report.dataset_id} hold no more"
        )
        log.warning("parity: %s; export more reviewed posts or corpus texts", note)
    return report.model_copy(update={"asked": asked, "note": note})


def differences(found: Probability, expected: Probability) -> NDArray[np.float32]:
    """Largest absolute difference of each text (N,); infinite where there is no number."""
    moved: NDArray[np.float32] = np.abs(found - expected).max(axis=1)
    moved[~np.isfinite(moved)] = np.inf
    return moved


def worst(moved: NDArray[np.float32], ids: Sequence[str]) -> str:
    """The ids that moved most, and by how much."""
    order = np.argsort(-moved, kind="stable")[:WORST]
    return ", ".join(f"{ids[index]} ({moved[index]:.1e})" for index in order)


def alone_and_mixed(
    predictor: Runs, rows: Sequence[Sequence[int]]
) -> tuple[Probability, Probability]:
    """Answers (N, labels) to token ids one at a time, and in batches with others of any length."""
    alone = np.concatenate([predictor.run([row]) for row in rows])
    return alone, _together(predictor, rows, _shuffled(len(rows), MIXED, 0))


def otherwise_mixed(predictor: Runs, rows: Sequence[Sequence[int]]) -> Iterator[Probability]:
    """The same answers with other neighbours: in pairs, and as the service puts texts together."""
    yield _together(predictor, rows, _shuffled(len(rows), 2, 1))
    for budget in BUDGETS:
        yield _together(predictor, rows, batches([len(row) for row in rows], budget))


def _shuffled(number: int, size: int, seed: int) -> list[list[int]]:
    order = np.random.default_rng(seed).permutation(number).tolist()
    return [order[start : start + size] for start in range(0, number, size)]


def _together(
    predictor: Runs, rows: Sequence[Sequence[int]], groups: Iterable[list[int]]
) -> Probability:
    answers = [(group, predictor.run([rows[index] for index in group])) for group in groups]
    result = np.empty((len(rows), answers[0][1].shape[1]), dtype=np.float32)
    for group, found in answers:
        result[group] = found
    return result
