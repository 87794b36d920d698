"""A linear model over n-grams of tokens that runs inside the network, beside the encoder.

Few reviewed texts teach a linear model more than a network; together they do best. What a text is
to it: which n-grams it has, each by tf-idf with a logarithmic count, all together of length 1
(Manning et al. 2008, "Introduction to Information Retrieval", table 6.15, scheme ltc). An n-gram is
its hash, so no list of n-grams is kept, and ONNX can compute it with integers alone.
"""

import torch
from torch import Tensor, nn

BUCKETS = 262_139  # the largest prime below 2^18
FACTOR = 100_003  # prime; bucket times factor stays far below 2^63


class Ngrams(nn.Module):
    """Buffers: ``idf`` (buckets,), ``weight`` (buckets, labels) already times idf, ``bias``."""

    idf: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, sizes: tuple[int, ...], labels: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.register_buffer("idf", torch.zeros(BUCKETS))
        self.register_buffer("weight", torch.zeros(BUCKETS, labels))
        self.register_buffer("bias", torch.zeros(labels))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """``input_ids`` and ``attention_mask`` (B, T), integers -> logits (B, labels)."""
        total = torch.zeros(len(input_ids), self.weight.shape[1], device=input_ids.device)
        square = torch.zeros(len(input_ids), 1, device=input_ids.device)
        for size in self.sizes:
            buckets, valid = hashed(input_ids, attention_mask, size)
            count = counts(buckets, valid)
            share = (1 + count.log()) / count * valid  # (B, S): one n-gram's places share its tf
            rows = self.weight[buckets]  # (B, S, labels)
            total = total + (share[:, None, :] @ rows)[:, 0]
            square = square + (share.square() * count * self.idf[buckets].square()).sum(1, True)
        return total / square.clamp(min=1e-12).sqrt() + self.bias


def hashed(input_ids: Tensor, attention_mask: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Bucket of the n-gram that begins at each token, and 1.0 where it is whole: (B, T - size + 1).

    ((size f + id_1 + 1) f + id_2 + 1) f …, each time modulo the number of buckets.
    """
    places = max(input_ids.shape[1] - size + 1, 0)
    buckets = torch.full_like(input_ids[:, :places], size)
    for offset in range(size):
        token = input_ids[:, offset : offset + places]
        buckets = (buckets * FACTOR + token + 1) % BUCKETS
    return buckets, attention_mask[:, size - 1 : size - 1 + places].float()


def counts(buckets: Tensor, valid: Tensor) -> Tensor:
    """How often each place's n-gram is in its text, at least 1: (B, S)."""
    same = (buckets[:, :, None] == buckets[:, None, :]).float()  # (B, S, S)
    return (same @ valid[:, :, None])[:, :, 0].clamp(min=1)
