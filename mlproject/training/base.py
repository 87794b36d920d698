"""The base model: an encoder and its tokenizer, from a hub, a folder, or with random weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer, BertConfig, BertModel, BertPreTrainedModel
from transformers.utils import logging

from mlproject.errors import InputError
from mlproject.training import vocabulary
from mlproject.training.embeddings import cooccurrence
from mlproject.training.origin import Origin
from mlproject.training.presets import Preset
from mlproject.training.tokens import prepare, word_pieces

POSITIONS = 512

Network = TypeVar("Network", bound=BertPreTrainedModel)


@dataclass(frozen=True)
class Base:
    config: BertConfig
    encoder: BertModel | None  # None: random weights
    tokenizer: Tokenizer  # truncates to the training's max_length


def load(
    origin: Origin,
    labels: Sequence[str],
    texts: Sequence[str],
    max_length: int,
    dropout: float,
    hidden_dropout: float | None = None,
) -> Base:
    """That base model; ``texts`` are what a new vocabulary is trained from.

    ``dropout`` is that of the classification layers and of a network with random weights,
    ``hidden_dropout`` that of another's encoder; None leaves it as it is.

    Raises:
        InputError: it is not a BERT, or it cannot be had.
    """
    if origin.preset is not None:
        found = new(origin, origin.preset, texts, max_length, dropout)
    else:
        config, tokenizer = opened(origin, max_length)
        if hidden_dropout is not None:
            config.hidden_dropout_prob = hidden_dropout
        encoder = weights(origin, BertModel, config, add_pooling_layer=False)
        found = Base(config, encoder, tokenizer)
    found.config.classifier_dropout = dropout
    found.config.id2label = dict(enumerate(labels))
    found.config.label2id = {label: position for position, label in enumerate(labels)}
    return found


def new(
    origin: Origin, preset: Preset, texts: Sequence[str], max_length: int, dropout: float
) -> Base:
    """A network with random weights."""
    if origin.vocabulary:
        tokenizer, words = vocabulary.read(Path(origin.vocabulary)), False
    else:
        tokenizer = vocabulary.train(texts, preset.vocabulary, words=preset.words)
        words = preset.words
    config = _random(preset, tokenizer, dropout)
    tokenizer = prepare(tokenizer, max_length)
    return Base(config, _near(config, texts, tokenizer) if words else None, tokenizer)


def opened(origin: Origin, max_length: int) -> tuple[BertConfig, Tokenizer]:
    """Configuration and tokenizer of a hub or a folder.

    Raises:
        InputError: it is not a BERT, knows too few positions, or cannot be had.
    """
    name = origin.name
    try:
        config = AutoConfig.from_pretrained(name, revision=origin.commit, trust_remote_code=False)
        if not isinstance(config, BertConfig):
            raise InputError(
                f"base model {name!r} is a {config.model_type!r}: give one of type 'bert'"
            )
        tokenizer = _tokenizer(name, _commit(origin, config))
    except (OSError, ValueError) as error:
        raise _unavailable(name, error) from None
    if max_length > config.max_position_embeddings:
        raise InputError(
            f"max_length {max_length}: {name} knows {config.max_position_embeddings} positions"
        )
    return config, prepare(tokenizer, max_length)


def weights(origin: Origin, kind: type[Network], config: BertConfig, **options: Any) -> Network:
    """A network of that kind with the weights of a hub or a folder; of safetensors alone.

    Raises:
        InputError: they cannot be had.
    """
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        both: Any = kind.from_pretrained(
            origin.name,
            config=config,
            revision=_commit(origin, config) or "main",
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # named below
            **options,
        )
    except (OSError, ValueError) as error:
        raise _unavailable(origin.name, error) from None
    except SafetensorError as error:
        raise InputError(
            f"base model {origin.name!r}: model.safetensors cannot be read ({error}): it is cut "
            "short, or a pointer of Git LFS in its place; fetch the file again"
        ) from None
    network, found = both
    for name, there, wanted in sorted(found["mismatched_keys"]):
        raise InputError(
            f"base model {origin.name!r}: weights {name} are {list(there)} in model.safetensors "
            f"and {list(wanted)} by config.json: give the two files of one model"
        )
    if missing := sorted(key for key in found["missing_keys"] if not key.startswith("cls.")):
        raise InputError(f"base model {origin.name!r} has no weights {missing[0]}: not a BERT")
    return cast(Network, network)


def _commit(origin: Origin, config: BertConfig) -> str | None:
    """All files of one commit, also where none was asked for."""
    found: str | None = origin.commit or getattr(config, "_commit_hash", None)
    return found


def _unavailable(name: str, error: Exception) -> InputError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return InputError(
        f"base model {name!r} cannot be had ({reason}): set MLPROJECT_BASE_MODEL to a folder "
        "with config.json, tokenizer.json or vocab.txt and model.safetensors, or to tiny, small "
        "or base (random weights; their vocabulary is a file, MLPROJECT_VOCABULARY, or trained "
        "from the corpus)"
    )


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


def _tokenizer(name: str, commit: str | None) -> Tokenizer:
    """That of a folder as its file says; another library's class might cut words otherwise."""
    file = Path(name) / "tokenizer.json"
    if file.is_file():
        return Tokenizer.from_file(str(file))
    found = AutoTokenizer.from_pretrained(name, revision=commit, trust_remote_code=False)
    return Tokenizer.from_str(found.backend_tokenizer.to_str())
