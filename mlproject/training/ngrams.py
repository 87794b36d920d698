"""A linear model over n-grams that runs inside the network, beside the encoder.

Few reviewed texts teach a linear model more than a network; together they do best. What a text is
to it: which n-grams it has, each by tf-idf with a logarithmic count, those of one view together of
length 1 (Manning et al. 2008, "Introduction to Information Retrieval", table 6.15, scheme ltc), so
that a short title has as much to say as a long body. An n-gram is its hash, so no list of n-grams
is kept, and ONNX can compute it with integers alone.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from mlproject.training import characters

BUCKETS = 1_048_573  # the largest prime below 2^20
LEAST = 1e-12  # squared length; without n-grams there is nothing to divide
FACTOR = 100_003  # prime; bucket times factor stays far below 2^63

View = Literal["tokens", "characters", "titles"]  # titles: in characters, of a text's first line
SALT: Mapping[View, int] = {"tokens": 0, "characters": 10, "titles": 20}
Sizes = Mapping[View, tuple[int, ...]]


class Hashed(NamedTuple):
    buckets: Tensor  # (B, S) of the n-gram that begins at each place
    valid: Tensor  # (B, S) 1.0 where it is whole
    number: Tensor  # (B, S) how often it is in its text, at least 1


class Ngrams(nn.Module):
    """``table`` and ``line``: see ``characters``.

    Buffers: ``idf`` (buckets,), ``weight`` (buckets, labels) already times idf, ``bias``.
    """

    idf: Tensor
    weight: Tensor
    bias: Tensor
    table: Tensor

    def __init__(self, sizes: Sizes, labels: int, table: Tensor, line: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.line = line
        self.register_buffer("table", table)
        self.register_buffer("idf", torch.zeros(BUCKETS))
        self.register_buffer("weight", torch.zeros(BUCKETS, labels))
        self.register_buffer("bias", torch.zeros(labels))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """``input_ids`` and ``attention_mask`` (B, T), integers -> logits (B, labels)."""
        total = torch.zeros(len(input_ids), self.weight.shape[1], device=input_ids.device)
        for view in self.sizes:
            part, square = torch.zeros_like(total), torch.zeros_like(total[:, :1])
            for buckets, valid, count in self.found(view, input_ids, attention_mask):
                share = (1 + count.log()) / count * valid  # (B, S): the tf of each of its places
                rows = self.weight[buckets]  # (B, S, labels)
                part = part + (share[:, None, :] @ rows)[:, 0]
                square = square + (share.square() * count * self.idf[buckets].square()).sum(1, True)
            total = total + part / square.clamp(min=LEAST).sqrt()
        return total + self.bias

    def found(self, view: View, input_ids: Tensor, attention_mask: Tensor) -> Iterator[Hashed]:
        """The n-grams of each size."""
        ids, mask = self._seen(view, input_ids, attention_mask)
        for size in self.sizes[view]:
            buckets, valid = hashed(ids, mask, size, SALT[view] + size)
            yield Hashed(buckets, valid, counts(buckets, valid))

    def _seen(self, view: View, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        if view == "tokens":
            return ids, mask
        if view == "titles":
            mask = mask * characters.first_lines(ids, self.line)
        return characters.spread(ids, mask, self.table)


def hashed(ids: Tensor, mask: Tensor, size: int, start: int) -> tuple[Tensor, Tensor]:
    """Bucket of the n-gram that begins at each place, and 1.0 where it is whole: (B, T - size + 1).

    ((start f + id_1 + 1) f + id_2 + 1) f …, each time modulo the number of buckets.
    """
    places = max(ids.shape[1] - size + 1, 0)
    buckets = torch.full_like(ids[:, :places], start)
    for offset in range(size):
        token = ids[:, offset : offset + places]
        buckets = (buckets * FACTOR + token + 1) % BUCKETS
    return buckets, mask[:, size - 1 : size - 1 + places].float()


def counts(buckets: Tensor, valid: Tensor) -> Tensor:
    """How often each place's n-gram is in its text, at least 1: (B, S)."""
    same = (buckets[:, :, None] == buckets[:, None, :]).float()  # (B, S, S)
    return (same @ valid[:, :, None])[:, :, 0].clamp(min=1)
