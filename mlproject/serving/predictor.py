"""Texts in, probabilities out: onnxruntime on a checked model folder."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from tokenizers import Tokenizer

from mlproject.packaging.manifest import MODEL, TOKENIZER, Manifest, read

CHARACTERS_PER_TOKEN = 24  # longer texts are cut first, as they are for training
MAX_BATCH_TOKENS = 2_048  # padding included; larger batches are no faster on a CPU


class Predictor:
    """One onnxruntime session and its tokenizer. May be called from several threads."""

    manifest: Manifest

    def __init__(self, folder: Path, threads: int) -> None:
        """``threads`` of one operator; 0: one per core.

        Raises:
            InputError: a file of the folder is missing or is not the one of its manifest.
        """
        self.manifest = read(folder)
        self._load(folder, self.manifest.max_length, threads)

    @classmethod
    def of_files(cls, folder: Path, max_length: int, threads: int) -> "Predictor":
        """A predictor on a folder that has no manifest yet; ``manifest`` is not there."""
        predictor = cls.__new__(cls)
        predictor._load(folder, max_length, threads)
        return predictor

    def _load(self, folder: Path, max_length: int, threads: int) -> None:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.enable_truncation(max_length)
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._max_characters = max_length * CHARACTERS_PER_TOKEN
        self._pad = tokenizer.token_to_id("[PAD]") or 0
        options = SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        self._session = InferenceSession(
            str(folder / MODEL), options, providers=["CPUExecutionProvider"]
        )
        self._labels = int(self._session.get_outputs()[0].shape[1])

    def predict(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities (N, labels) in the order of ``texts``; sorted by length inside."""
        ids = self.encode(texts)
        result = np.zeros((len(ids), self._labels), dtype=np.float32)
        for batch in batches([len(row) for row in ids], MAX_BATCH_TOKENS):
            result[batch] = self._run([ids[index] for index in batch])
        return result

    def together(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``predict``, in one batch padded to its longest text."""
        return self._run(self.encode(texts))

    def warm_up(self) -> None:
        """Run the shortest and the longest input once, so that no request pays for it."""
        for text in ("。", "。" * self._max_characters):
            self.predict([text])

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, truncated to the model's length."""
        cut = [text[: self._max_characters] for text in texts]
        return [row.ids for row in self._tokenizer.encode_batch_fast(cut)]

    def _run(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        width = max(len(row) for row in rows)
        ids = np.full((len(rows), width), self._pad, dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for line, row in enumerate(rows):
            ids[line, : len(row)] = row
            mask[line, : len(row)] = 1
        (result,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        probabilities: NDArray[np.float32] = result
        return probabilities


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
