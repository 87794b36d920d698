"""The base model: an encoder and its tokenizer, from a hub, a folder, or with random weights."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer, BertConfig, BertModel

from mlproject.errors import InputError
from mlproject.training import vocabulary
from mlproject.training.embeddings import cooccurrence
from mlproject.training.presets import RANDOM, Preset
from mlproject.training.tokens import prepare, word_pieces

POSITIONS = 512


@dataclass(frozen=True)
class Base:
    config: BertConfig
    encoder: BertModel | None  # None: random weights
    tokenizer: Tokenizer  # truncates to the training's max_length


def load(
    name: str, labels: Sequence[str], texts: Sequence[str], max_length: int, dropout: float
) -> Base:
    """The base model of that name; ``texts`` are what a new vocabulary is trained from.

    Raises:
        InputError: it is not a BERT, or it cannot be had.
    """
    preset = RANDOM.get(name)
    if preset is not None:
        tokenizer = vocabulary.train(texts, preset.vocabulary, words=preset.words)
        config = _random(preset, tokenizer, dropout)
        encoder = _near(config, texts, prepare(tokenizer, max_length)) if preset.words else None
    else:
        config, encoder, tokenizer = _pretrained(name)
        if max_length > config.max_position_embeddings:
            raise InputError(
                f"max_length {max_length}: {name} knows {config.max_position_embeddings} positions"
            )
    config.classifier_dropout = dropout
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: position for position, label in enumerate(labels)}
    return Base(config, encoder, prepare(tokenizer, max_length))


def identity(name: str) -> str:
    """What tells one base model from another: the name, and for a folder its weights' hash."""
    weights = Path(name) / "model.safetensors"
    if name in RANDOM or not weights.is_file():
        return name
    with weights.open("rb") as file:
        return f"{weights.parent.name}@{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"


def _random(preset: Preset, tokenizer: Tokenizer, dropout: float) -> BertConfig:
    return BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=preset.width,
        num_hidden_layers=preset.layers,
        num_attention_heads=preset.heads,
        intermediate_size=4 * preset.width,
        max_position_embeddings=POSITIONS,
        hidden_dropout_prob=dropout,
        # The CPU has a fused attention only without dropout on its weights.
        attention_probs_dropout_prob=0.0,
    )


def _near(config: BertConfig, texts: Sequence[str], tokenizer: Tokenizer) -> BertModel:
    """Random weights, but for the embeddings of tokens: those that stand together are alike."""
    encoder = BertModel(config, add_pooling_layer=False)
    ids, lengths = word_pieces(texts, tokenizer)
    found = cooccurrence(ids, lengths, config.vocab_size, config.hidden_size)
    encoder.embeddings.word_embeddings.weight.data.copy_(torch.from_numpy(found))
    return encoder


def _pretrained(name: str) -> tuple[BertConfig, BertModel, Tokenizer]:
    try:
        config = AutoConfig.from_pretrained(name, trust_remote_code=False)
        if not isinstance(config, BertConfig):
            raise InputError(
                f"base model {name!r} is a {config.model_type!r}: give one of type 'bert'"
            )
        tokenizer = _tokenizer(name)
        encoder = BertModel.from_pretrained(
            name, config=config, add_pooling_layer=False, use_safetensors=True
        )
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"base model {name!r} cannot be had ({reason}): set MLPROJECT_BASE_MODEL to a folder "
            "with config.json, tokenizer.json or vocab.txt and model.safetensors, or to tiny or "
            "small (random weights)"
        ) from None
    return config, encoder, tokenizer


def _tokenizer(name: str) -> Tokenizer:
    """That of a folder as its file says; another library's class might cut words otherwise."""
    file = Path(name) / "tokenizer.json"
    if file.is_file():
        return Tokenizer.from_file(str(file))
    found = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    return Tokenizer.from_str(found.backend_tokenizer.to_str())
