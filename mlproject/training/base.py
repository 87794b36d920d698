"""The base model: an encoder and its tokenizer, from a hub, a folder, or with random weights."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer, BertConfig, BertModel

from mlproject.errors import InputError
from mlproject.training import vocabulary
from mlproject.training.presets import RANDOM, Preset
from mlproject.training.tokens import prepare

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
        tokenizer = vocabulary.train(texts, preset.vocabulary)
        config = _random(preset, tokenizer, dropout)
        encoder = None
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


def _pretrained(name: str) -> tuple[BertConfig, BertModel, Tokenizer]:
    try:
        config = AutoConfig.from_pretrained(name, trust_remote_code=False)
        if not isinstance(config, BertConfig):
            raise InputError(
                f"base model {name!r} is a {config.model_type!r}: give one of type 'bert'"
            )
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
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
    return config, encoder, Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
