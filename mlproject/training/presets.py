"""The training values that suit a base model with random weights, or a machine.

A network with random weights needs another learning rate and many more texts than a pretrained
one: its values stand in for the task file's. Those of the machine (``preset``) stand in for both,
and a step's own inputs go before all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from mlproject.errors import InputError
from mlproject.settings import describe
from mlproject.task import Training


@dataclass(frozen=True)
class Preset:
    """A BERT with random weights and a vocabulary from the training texts."""

    layers: int
    width: int
    heads: int
    vocabulary: int  # word pieces at most
    texts_seen: int  # epochs times texts, where `epochs` is not given
    words: bool = False  # Chinese in words: fewer tokens, which a small network learns faster
    values: Mapping[str, Any] = field(default_factory=dict)  # keys of Training

    def epochs(self, rows: int) -> int:
        return max(MIN_EPOCHS, min(MAX_EPOCHS, self.texts_seen // max(rows, 1)))


MIN_EPOCHS = 2
MAX_EPOCHS = 6

RANDOM = {
    "tiny": Preset(
        layers=2,
        width=128,
        heads=2,
        vocabulary=20_000,
        texts_seen=80_000,
        words=True,
        values={
            **{"max_length": 160, "batch_size": 32, "learning_rate": 5e-4, "patience": 6},
            "ngrams": (1, 2),
            "pretraining": {"learning_rate": 1e-3},
        },
    ),
    "small": Preset(
        layers=4,
        width=256,
        heads=4,
        vocabulary=20_000,
        texts_seen=160_000,
        words=True,
        values={
            **{"max_length": 192, "batch_size": 32, "learning_rate": 3e-4, "patience": 3},
            "ngrams": (1, 2),
            "pretraining": {"learning_rate": 1e-3},
        },
    ),
    # As large as BERT-base; for a GPU.
    "base": Preset(
        layers=12,
        width=768,
        heads=12,
        vocabulary=21_128,
        texts_seen=1_000_000,
        values={
            **{"max_length": 256, "batch_size": 64, "learning_rate": 1e-4, "patience": 3},
            "pretraining": {"learning_rate": 4e-4, "batch_tokens": 65_536, "epochs": 20},
        },
    ),
}

MACHINES: Mapping[str, Mapping[str, Any]] = {
    # Does it run at all? Seconds on any machine.
    "smoke": {
        **{"max_texts": 64, "max_length": 64, "epochs": 1, "batch_size": 8},
        "pretraining": {"max_texts": 256, "batch_tokens": 512, "max_length": 64},
    },
    # 16 GB: 16 texts of full length at once, two such parts in a batch. No bf16 there.
    "t4": {"max_length": 256, "batch_size": 32, "micro_tokens": 16 * 256, "precision": "fp16"},
    # 40 GB and more; what does not fit is halved until it does.
    "gpu": {"max_length": 256, "batch_size": 128, "micro_tokens": 65_536, "precision": "bf16"},
    # The whole length that BERT reads.
    "full": {"max_length": 512, "batch_size": 64, "micro_tokens": 65_536, "patience": 3},
}


def resolve(defaults: Training, base_model: str, given: Mapping[str, Any], rows: int) -> Training:
    """The values of one training over ``rows`` texts.

    Raises:
        InputError: a given key is unknown, or its value does not fit.
    """
    values = defaults.model_dump()
    preset = RANDOM.get(base_model)
    of_network = {**preset.values, "epochs": preset.epochs(rows)} if preset is not None else {}
    machine = given.get("preset") or values["preset"]
    for more in (of_network, MACHINES.get(machine, {}), given):
        values = _over(values, more)
    try:
        return Training.model_validate(values)
    except ValidationError as error:
        raise InputError(f"train: {describe(error)}") from None


def _over(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """``more`` in place of what ``values`` say; of ``pretraining`` key by key."""
    both = [each["pretraining"] for each in (values, more) if "pretraining" in each]
    if len(both) == 2 and all(isinstance(part, Mapping) for part in both):
        return {**values, **more, "pretraining": {**both[0], **both[1]}}
    return {**values, **more}
