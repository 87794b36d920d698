"""The classifier over texts that lie end to end: what ``Classifier`` gives, without padding."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertModel

from mlproject.training.attention import attend
from mlproject.training.batches import Packed
from mlproject.training.model import Classifier, segment_line

STEPS = 65_536  # of a probability: random bits are drawn 16 at a time


def logits(model: Classifier, packed: Packed) -> Tensor:
    """(B, labels), in the order of ``packed.rows``."""
    cls = encode(model.encoder, packed, first=True, line=segment_line(model.config))
    hidden = torch.tanh(model.dense(_dropped(cls, model.dropout)))
    result: Tensor = model.output(_dropped(hidden, model.dropout))
    return result


def encode(
    encoder: BertModel, packed: Packed, first: bool = False, line: int | None = None
) -> Tensor:
    """The last layer's output: (N, H), or with ``first`` that of each text's [CLS] alone, (B, H).

    Exact without dropout; there is none on attention weights. For [CLS] alone only keys and
    values of the last layer need the other rows, which saves 10/12 of its linear arithmetic.
    What is behind a text's first token ``line`` is of the second segment.
    """
    parts = encoder.embeddings
    kinds = parts.token_type_embeddings.weight
    hidden = (
        parts.word_embeddings(packed.ids)
        + parts.position_embeddings(packed.positions)
        + (kinds[0] if line is None else kinds[_segments(packed, line)])
    )
    hidden = _dropped(parts.LayerNorm(hidden), parts.dropout)
    if torch.is_autocast_enabled(hidden.device.type):
        hidden = hidden.to(torch.get_autocast_dtype(hidden.device.type))
    *layers, last = encoder.encoder.layer
    for layer in layers:
        hidden = _layer(layer, hidden, hidden, packed)
    rows = hidden[packed.bounds[:-1]] if first else hidden
    return _layer(last, hidden, rows, packed)


def _segments(packed: Packed, line: int) -> Tensor:
    """(N,) 1 for each token behind the first end of a line of its text."""
    ends = (packed.ids == line).long()
    before = ends.cumsum(0) - ends
    starts = torch.arange(len(ends), device=ends.device) - packed.positions
    return (before > before[starts]).long()


def _layer(layer: Any, hidden: Tensor, rows: Tensor, packed: Packed) -> Tensor:
    """One BERT layer for ``rows``, which see all of their text in ``hidden``."""
    attention = layer.attention
    query, key, value = attention.self.query, attention.self.key, attention.self.value
    heads = attention.self.num_attention_heads
    context = attend(query(rows), key(hidden), value(hidden), packed, heads)
    rows = _added(attention.output, context, rows)
    return _added(layer.output, layer.intermediate(rows), rows)


def _added(block: Any, hidden: Tensor, rows: Tensor) -> Tensor:
    """``LayerNorm(rows + dropout(dense(hidden)))``, in the type of ``rows``."""
    given = block.dense(hidden)
    if _own(given, block.dropout):
        total = torch.addcmul(rows, given, _kept(given, block.dropout.p))
    else:
        total = rows + block.dropout(given)
    normal: Tensor = block.LayerNorm(total)
    return normal.to(rows.dtype)


def _dropped(hidden: Tensor, dropout: nn.Dropout) -> Tensor:
    if _own(hidden, dropout):
        return hidden * _kept(hidden, dropout.p)
    result: Tensor = dropout(hidden)
    return result


def _own(hidden: Tensor, dropout: nn.Dropout) -> bool:
    return dropout.training and dropout.p > 0 and hidden.device.type == "cpu"


def _kept(like: Tensor, probability: float) -> Tensor:
    """0 with that probability, else 1 / (1 - p); PyTorch draws one number per element, slowly."""
    words = torch.empty(-(-like.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    bits = words.view(torch.int16)[: like.numel()].view(like.shape)
    dropped = round(probability * STEPS)
    kept = bits >= dropped - STEPS // 2
    return kept.to(like.dtype).mul_(STEPS / (STEPS - dropped))
