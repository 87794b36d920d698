"""Texts in, probabilities out: onnxruntime on a checked model folder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from tokenizers import Tokenizer

from mlproject.packaging.manifest import MODEL, TOKENIZER, Manifest, read

CHARACTERS_PER_TOKEN = 24  # longer texts are cut first, as they are for training
CUDA = "CUDAExecutionProvider"
EXACT = {CUDA: {"use_tf32": "0"}}  # products of fp32 stay within what parity asks for
MAX_BATCH_TOKENS = 2_048  # padding included; larger batches are no faster on a CPU
SLOW_FUSION = "SkipLayerNormFusion"  # on a processor six times slower than what it replaces
SPIN_US = 50  # longer than most steps between two products of a layer


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of one text, and whether the model reads only its beginning."""

    ids: list[int]
    truncated: bool


class Predictor:
    """One model and its tokenizer. May be called from several threads."""

    manifest: Manifest

    def __init__(self, folder: Path, threads: int, narrow: int | None = None) -> None:
        """``threads`` of one operator; 0: one per core. ``narrow``: see ``run``.

        Raises:
            InputError: a file of the folder is missing or is not the one of its manifest.
        """
        self.manifest = read(folder)
        self._load(folder, self.manifest.max_length, threads, narrow)

    @classmethod
    def of_files(cls, folder: Path, max_length: int, threads: int) -> "Predictor":
        """A predictor on a folder that has no manifest yet; ``manifest`` is not there."""
        predictor = cls.__new__(cls)
        predictor._load(folder, max_length, threads)
        return predictor

    def _load(self, folder: Path, max_length: int, threads: int, narrow: int | None = None) -> None:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.enable_truncation(max_length)
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._max_length = max_length
        self._max_characters = max_length * CHARACTERS_PER_TOKEN
        self._pad = tokenizer.token_to_id("[PAD]") or 0
        self._session = session(folder / MODEL, threads)
        several = narrow is not None and narrow != threads
        self._narrow = session(folder / MODEL, narrow or 0) if several else self._session
        self._labels = int(self._session.get_outputs()[0].shape[1])

    def predict(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities (N, labels) in the order of ``texts``; sorted by length inside."""
        ids = self.encode(texts)
        result = np.zeros((len(ids), self._labels), dtype=np.float32)
        for batch in batches([len(row) for row in ids], MAX_BATCH_TOKENS):
            result[batch] = self.run([ids[index] for index in batch])
        return result

    def together(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``predict``, in one batch padded to its longest text."""
        return self.run(self.encode(texts))

    def warm_up(self) -> None:
        """Run the shortest and the longest input once, so that no request pays for it.

        Raises:
            ValueError: what comes out are not probabilities of the manifest's labels.
        """
        for text in ("。", "。" * self._max_characters):
            for alone in (True, False):
                found = self.run(self.encode([text]), alone)
                if found.shape != (1, len(self.manifest.labels)) or not np.isfinite(found).all():
                    raise ValueError("its output is not one probability per label")

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Token ids of each text, truncated to the model's length."""
        cut = [text[: self._max_characters] for text in texts]
        return [
            Tokens(
                row.ids,
                len(text) > self._max_characters
                or (len(row) == self._max_length and bool(row.overflowing)),
            )
            for text, row in zip(texts, self._tokenizer.encode_batch_fast(cut), strict=True)
        ]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, truncated to the model's length."""
        cut = [text[: self._max_characters] for text in texts]
        return [row.ids for row in self._tokenizer.encode_batch_fast(cut)]

    def run(self, rows: Sequence[Sequence[int]], alone: bool = True) -> NDArray[np.float32]:
        """Probabilities (N, labels) of token ids, padded to the longest row.

        ``alone``: no other batch runs now, so this one takes all threads; otherwise ``narrow``.
        """
        width = max(len(row) for row in rows)
        ids = np.full((len(rows), width), self._pad, dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for line, row in enumerate(rows):
            ids[line, : len(row)] = row
            mask[line, : len(row)] = 1
        chosen = self._session if alone else self._narrow
        (result,) = chosen.run(None, {"input_ids": ids, "attention_mask": mask})
        probabilities: NDArray[np.float32] = result
        return probabilities


def session(model: Path | bytes, threads: int) -> InferenceSession:
    """A session on that file, or on its bytes; its threads sleep as soon as a run has ended.

    While a run lasts, a thread without work looks for some for ``SPIN_US`` and then sleeps. By
    default it looks on: that takes twice the processor time of one thread, and where others want
    the processor too makes two threads slower than one.
    """
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN_US))
    given = model if isinstance(model, bytes) else str(model)
    used = [(name, EXACT.get(name, {})) for name in providers()]
    slow = [] if CUDA in dict(used) else [SLOW_FUSION]
    return InferenceSession(given, options, providers=used, disabled_optimizers=slow)


def providers() -> list[str]:
    """Where models run: on a GPU, if there is one that onnxruntime was built for."""
    known = onnxruntime.get_available_providers()
    return [name for name in (CUDA, "CPUExecutionProvider") if name in known]


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices by rising length, in groups whose padded size is at most ``budget`` tokens.

    A single text longer than the budget is a group of its own.
    """
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) + 1) * lengths[index] > budget:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


onnxruntime.set_default_logger_severity(3)
