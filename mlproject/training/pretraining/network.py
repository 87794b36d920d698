"""The network that guesses what is hidden: an encoder, and a layer over its vocabulary."""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM

from mlproject.training import base, packed
from mlproject.training.batches import Packed
from mlproject.training.origin import Origin


class MaskedLanguageModel(nn.Module):
    """``BertForMaskedLM``, and its weights by their names, over texts that lie end to end.

    The embeddings of tokens are the weights of the output too, and are there once.
    """

    def __init__(self, config: BertConfig, whole: BertForMaskedLM | None = None) -> None:
        super().__init__()
        whole = whole or BertForMaskedLM(config)
        self.config, self.bert, self.cls = config, whole.bert, whole.cls
        del self.cls.predictions.decoder

    def drop(self, probability: float) -> None:
        """Dropout of all layers, whatever the configuration says."""
        for layer in self.bert.modules():
            if isinstance(layer, nn.Dropout):
                layer.p = probability


def logits(model: MaskedLanguageModel, texts: Packed, where: Tensor) -> Tensor:
    """(M, vocabulary) at the positions ``where`` (M,) alone."""
    hidden = packed.encode(model.bert, texts).index_select(0, where)
    head: Any = model.cls.predictions
    return F.linear(head.transform(hidden), model.bert.embeddings.word_embeddings.weight, head.bias)


def begin(
    origin: Origin, texts: Sequence[str], max_length: int
) -> tuple[MaskedLanguageModel, Tokenizer]:
    """A network to pretrain, and its tokenizer, which truncates to ``max_length``.

    Raises:
        InputError: the base model is not a BERT, or it cannot be had.
    """
    if origin.preset is None:
        config, tokenizer = base.opened(origin, max_length)
        return MaskedLanguageModel(config, base.weights(origin, BertForMaskedLM, config)), tokenizer
    made = base.new(origin, origin.preset, texts, max_length, dropout=0.1)
    model = MaskedLanguageModel(made.config)
    if made.encoder is not None:
        model.bert.load_state_dict(made.encoder.state_dict())
    return model, made.tokenizer
