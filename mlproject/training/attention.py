"""Attention within each of several texts that lie end to end."""

import math
from itertools import groupby
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from mlproject.training.batches import Packed


def attend(query: Tensor, key: Tensor, value: Tensor, packed: Packed, heads: int) -> Tensor:
    """Softmax attention without dropout, (Q, H).

    ``key`` and ``value`` are (N, H); ``query`` is (N, H), or (B, H) with one row per text.
    """
    if query.device.type != "cuda":
        return _by_length(query, key, value, packed, heads)
    if has_variable_length(query.device) and query.dtype in (torch.float16, torch.bfloat16):
        return _variable_length(query, key, value, packed, heads)
    return padded(query, key, value, packed, heads)


def has_variable_length(device: torch.device) -> bool:
    """Whether the device has flash attention over texts end to end."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def _by_length(query: Tensor, key: Tensor, value: Tensor, packed: Packed, heads: int) -> Tensor:
    """Texts of the same length at a time: on a CPU three times as fast as its flash attention.

    In float32: a bfloat16 product costs oneDNN 0.14 ms to set up, far more than these take.
    """
    wide = torch.promote_types(value.dtype, torch.float32)
    with torch.autocast(query.device.type, enabled=False):
        found = _in_turn(query.to(wide), key.to(wide), value.to(wide), packed, heads)
    return found.to(value.dtype)


def _in_turn(query: Tensor, key: Tensor, value: Tensor, packed: Packed, heads: int) -> Tensor:
    sizes = [(length, len(list(same))) for length, same in groupby(packed.lengths.tolist())]
    single = len(query) < len(key)
    tokens = [length * texts for length, texts in sizes]
    queries = [texts for _, texts in sizes] if single else tokens
    parts = []
    for (length, texts), q, k, v in zip(
        sizes,
        torch.split(query, queries),
        torch.split(key, tokens),
        torch.split(value, tokens),
        strict=True,
    ):
        q = _heads(q, texts, 1 if single else length, heads)  # (texts * heads, T, H / heads)
        k, v = (_heads(rows, texts, length, heads) for rows in (k, v))
        weights = (q @ k.transpose(1, 2)) / math.sqrt(q.shape[-1])
        context = weights.softmax(-1) @ v
        parts.append(context.view(texts, heads, -1, context.shape[-1]).transpose(1, 2).flatten(2))
    return torch.cat([part.flatten(0, 1) for part in parts])


def _heads(rows: Tensor, texts: int, length: int, heads: int) -> Tensor:
    return rows.view(texts, length, heads, -1).transpose(1, 2).flatten(0, 1)


def _variable_length(
    query: Tensor, key: Tensor, value: Tensor, packed: Packed, heads: int
) -> Tensor:
    """The flash attention kernel of Ampere and newer chips."""
    from torch.nn.attention.varlen import varlen_attn

    longest = packed.longest
    bounds, longest_query = packed.bounds, longest
    if len(query) < len(key):
        bounds = torch.arange(len(query) + 1, dtype=torch.int32, device=query.device)
        longest_query = 1
    q, k, v = (rows.view(len(rows), heads, -1) for rows in (query, key, value))
    context = varlen_attn(q, k, v, bounds, packed.bounds, longest_query, longest)
    return cast(Tensor, context).flatten(1)


def padded(query: Tensor, key: Tensor, value: Tensor, packed: Packed, heads: int) -> Tensor:
    """The same on chips without that kernel: padded here, and nowhere else."""
    texts, longest = len(packed.rows), packed.longest
    sizes = packed.bounds.diff()
    mask = torch.arange(longest, device=key.device) < sizes[:, None]  # (B, T)
    where = mask.flatten().nonzero_static(size=len(key))[:, 0]
    single = len(query) < len(key)

    def spread(rows: Tensor) -> Tensor:  # (N, H) -> (B, heads, T, H / heads)
        whole = rows.new_zeros(texts * longest, rows.shape[1]).index_copy(0, where, rows)
        return whole.view(texts, longest, heads, -1).transpose(1, 2)

    q = query.view(texts, 1, heads, -1).transpose(1, 2) if single else spread(query)
    context = F.scaled_dot_product_attention(
        q, spread(key), spread(value), attn_mask=mask[:, None, None, :]
    )
    flat = context.transpose(1, 2).flatten(2).flatten(0, 1)
    return flat if single else flat[where]
