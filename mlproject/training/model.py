"""The network: a BERT encoder, classification layers over [CLS], and n-grams beside them."""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import BertConfig, BertModel
from transformers.models.bert.modeling_bert import BertLayer

from mlproject.training.characters import behind_first_line
from mlproject.training.ngrams import Ngrams


class Classifier(nn.Module):
    """BERT encoder -> [CLS] -> dropout -> dense, tanh -> dropout -> logits.

    ``config.num_labels`` is the number of logits, ``config.classifier_dropout`` the dropout. Where
    ``config.ngram_sizes`` names some, the logits of a linear model over n-grams are added. Where
    ``config.segment_line`` is a token, what is behind the first one is of the second segment.
    Softmax of the logits gives the probabilities that the loss is about and that are served.
    """

    def __init__(self, config: BertConfig, encoder: BertModel | None = None) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder or BertModel(config, add_pooling_layer=False)
        self.encoder.set_attn_implementation("sdpa")  # its masks may be boolean
        self.dropout = nn.Dropout(config.classifier_dropout or 0.0)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, config.num_labels or 0)
        for layer in (self.dense, self.output):
            nn.init.normal_(layer.weight, std=config.initializer_range)
            nn.init.zeros_(layer.bias)
        self.ngrams = _ngrams(config)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """``input_ids`` and ``attention_mask`` (B, T), integers -> logits (B, labels)."""
        if self.training:
            cls = self._encode_first(input_ids, attention_mask)
        else:
            whole = self.encoder(
                input_ids=input_ids,
                attention_mask=attention_mask,
                token_type_ids=self._segments(input_ids),
            )
            cls = whole.last_hidden_state[:, 0]  # (B, H)
        hidden = torch.tanh(self.dense(self.dropout(cls)))
        logits: Tensor = self.output(self.dropout(hidden))
        if self.ngrams is not None:
            logits = logits + self.ngrams(input_ids, attention_mask)
        return logits

    def _segments(self, input_ids: Tensor) -> Tensor | None:
        line = segment_line(self.config)
        return None if line is None else behind_first_line(input_ids, line)

    def _encode_first(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The encoder's [CLS] without the rest of its last layer: the same, and faster."""
        hidden = self.encoder.embeddings(
            input_ids=input_ids, token_type_ids=self._segments(input_ids)
        )  # (B, T, H)
        seen = attention_mask[:, None, None, :].bool()  # (B, 1, 1, T)
        *layers, last = self.encoder.encoder.layer
        for layer in layers:
            result = layer(hidden, attention_mask=seen.expand(-1, 1, hidden.shape[1], -1))
            hidden = result[0] if isinstance(result, tuple) else result
        return _first_row(cast(BertLayer, last), hidden, seen)


def segment_line(config: BertConfig) -> int | None:
    """The token that ends a title; None where all is one segment."""
    line: int | None = getattr(config, "segment_line", None)
    return line


def _ngrams(config: BertConfig) -> Ngrams | None:
    """With weights yet to be loaded; ``config.ngram_table`` is the shape of their table."""
    sizes = getattr(config, "ngram_sizes", None)
    if not sizes:
        return None
    table = torch.zeros(config.ngram_table, dtype=torch.long)
    sizes = {view: tuple(several) for view, several in sizes.items()}
    return Ngrams(sizes, config.num_labels or 0, table, config.ngram_line)


def _first_row(layer: BertLayer, hidden: Tensor, seen: Tensor) -> Tensor:
    """What ``layer`` gives for [CLS], (B, H).

    Exact: only keys and values of the last layer need the other rows. That saves 10/12 of its
    linear arithmetic, two fifths of a network of two layers.
    """
    attention, first = layer.attention.self, hidden[:, :1]

    def heads(rows: Tensor) -> Tensor:  # (B, T, H) -> (B, heads, T, H / heads)
        split = (*rows.shape[:2], -1, attention.attention_head_size)
        return rows.view(split).transpose(1, 2)

    context = F.scaled_dot_product_attention(
        heads(attention.query(first)),
        heads(attention.key(hidden)),
        heads(attention.value(hidden)),
        attn_mask=seen,
        dropout_p=attention.dropout.p if layer.training else 0.0,
    )
    attended = layer.attention.output(context.transpose(1, 2).flatten(2), first)
    row: Tensor = layer.output(layer.intermediate(attended), attended)[:, 0]
    return row
