"""Texts as token ids, once for the whole training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from mlproject.training.batches import Batch, Packed

CHARACTERS_PER_TOKEN = 24  # longer texts are cut first, as they are for serving
STEP = 128  # a compiled network is compiled again for each other ``Packed.longest``
CHUNK = 4_096  # texts encoded at a time: bounds the memory of the encodings


@dataclass(frozen=True)
class Tokens:
    """Ids of all texts end to end; text i is ``ids[starts[i] : starts[i] + lengths[i]]``."""

    ids: Tensor  # (tokens,) int32, on the device
    starts: Tensor  # (texts,) int64, on the device
    sizes: Tensor  # (texts,) int64, the lengths on the device
    lengths: np.ndarray  # (texts,) int64, on the host
    pad: int

    def padded(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Ids and mask of a batch, (B, T) int64 each, T its longest text; waits for no device."""
        rows = batch.rows
        column = torch.arange(batch.length, device=self.ids.device)  # (T,)
        mask = column < self.sizes[rows][:, None]  # (B, T)
        where = (self.starts[rows][:, None] + column).clamp(max=len(self.ids) - 1)
        ids = torch.where(mask, self.ids[where], self.pad).long()
        return ids, mask.long()

    def packed(self, rows: np.ndarray) -> Packed:
        """The texts ``rows`` (B,) end to end, the shortest first; waits for no device."""
        rows = rows[np.argsort(self.lengths[rows], kind="stable")]
        lengths, device = self.lengths[rows], self.ids.device
        total = int(lengths.sum())
        at = torch.from_numpy(rows).to(device, non_blocking=True)
        sizes = self.sizes[at]
        bounds = F.pad(sizes.cumsum(0), (1, 0))
        text = torch.repeat_interleave(
            torch.arange(len(rows), device=device), sizes, output_size=total
        )
        positions = torch.arange(total, device=device) - bounds[text]
        ids = self.ids[self.starts[at][text] + positions].long()
        longest = STEP * math.ceil(lengths[-1] / STEP)
        return Packed(at, ids, positions, bounds.int(), lengths, longest)


def prepare(tokenizer: Tokenizer, max_length: int) -> Tokenizer:
    """A copy that truncates to ``max_length`` tokens and does not pad."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.enable_truncation(max_length)
    copy.no_padding()
    return copy


def encode(texts: Sequence[str], tokenizer: Tokenizer, device: torch.device) -> Tokens:
    """Word pieces of all texts with [CLS] and [SEP], truncated as the tokenizer is set."""
    return pack(*word_pieces(texts, tokenizer), tokenizer, device)


def word_pieces(texts: Sequence[str], tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """Ids end to end, int32 (tokens,), and lengths, int64 (texts,); on all cores."""
    parts: list[np.ndarray] = []
    lengths: list[int] = []
    for start in range(0, len(texts), CHUNK):
        chunk = [cut(text, tokenizer) for text in texts[start : start + CHUNK]]
        rows = [encoding.ids for encoding in tokenizer.encode_batch_fast(chunk)]
        lengths += [len(row) for row in rows]
        parts.append(np.array([token for row in rows for token in row], dtype=np.int32))
    return np.concatenate(parts), np.array(lengths, dtype=np.int64)


def cut(text: str, tokenizer: Tokenizer) -> str:
    """As much of a text as can matter."""
    return text[: (tokenizer.truncation or {}).get("max_length", 512) * CHARACTERS_PER_TOKEN]


def pack(
    ids: np.ndarray, lengths: np.ndarray, tokenizer: Tokenizer, device: torch.device
) -> Tokens:
    """What ``word_pieces`` gave, on the device."""
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    pad = tokenizer.token_to_id("[PAD]")
    return Tokens(
        ids=torch.from_numpy(ids).to(device),
        starts=torch.from_numpy(starts).to(device),
        sizes=torch.from_numpy(lengths).to(device),
        lengths=lengths,
        pad=0 if pad is None else pad,
    )
