"""Texts as token ids, and where their words begin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from rjieba import Jieba
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from mlproject.training.batches import Packed
from mlproject.training.tokens import CHUNK, Tokens, cut, pack, word_pieces


@dataclass(frozen=True)
class Words:
    tokens: Tokens
    begins: Tokens  # 1 in place of the id of a token that begins a word, else 0

    def packed(self, rows: NDArray[np.int64]) -> tuple[Packed, Tensor]:
        """The texts ``rows`` end to end and, (N,) bool, whether a token begins a word."""
        return self.tokens.packed(rows), self.begins.packed(rows).ids.bool()


def encode(texts: Sequence[str], tokenizer: Tokenizer, device: torch.device, whole: bool) -> Words:
    """Word pieces of all texts; ``whole`` looks for words by jieba, else each piece is one."""
    if whole:
        parts = list(_whole(texts, tokenizer))
        ids, lengths, begins = (np.concatenate(column) for column in zip(*parts, strict=True))
    else:
        ids, lengths = word_pieces(texts, tokenizer)
        begins = np.ones(len(ids), bool)
    tokens = pack(ids, lengths, tokenizer, device)
    return Words(tokens, replace(tokens, ids=torch.from_numpy(begins.astype(np.int32)).to(device)))


def _whole(
    texts: Sequence[str], tokenizer: Tokenizer
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_]]]:
    """Ids, lengths and beginnings of some thousand texts at a time."""
    jieba = Jieba()
    for start in range(0, len(texts), CHUNK):
        chunk = [cut(text, tokenizer) for text in texts[start : start + CHUNK]]
        encodings = tokenizer.encode_batch(chunk)
        begins = [_begins(jieba, *pair) for pair in zip(chunk, encodings, strict=True)]
        yield (
            np.array([piece for encoding in encodings for piece in encoding.ids], np.int32),
            np.array([len(encoding) for encoding in encodings], np.int64),
            np.concatenate(begins),
        )


def _begins(jieba: Jieba, text: str, encoding: Encoding) -> NDArray[np.bool_]:
    """Whether each token begins a word of jieba's; special tokens do."""
    lengths = [len(word) for word in jieba.cut(text)]
    first = np.zeros(len(text) + 1, bool)
    first[np.cumsum([0, *lengths[:-1]])] = True
    offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
    begins: NDArray[np.bool_] = first[offsets[:, 0]] | (offsets[:, 1] == 0)
    return begins
