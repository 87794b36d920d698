"""A network of fewer layers that begins as part of a trained one."""

import copy

import torch

from mlproject.errors import InputError
from mlproject.training.model import Classifier


def student(teacher: Classifier, layers: int) -> Classifier:
    """The teacher's embeddings, ``layers`` of its layers and its classification layers, copied.

    Which layers: evenly spread, the last one among them. Without the n-grams: they are chosen anew.

    Raises:
        InputError: the teacher has no more layers than that.
    """
    most = teacher.config.num_hidden_layers
    if layers >= most:
        raise InputError(f"distillation layers {layers}: the teacher has {most}, give fewer")
    config = copy.deepcopy(teacher.config)
    config.num_hidden_layers, config.ngram_sizes = layers, None
    result = Classifier(config)
    kept = {
        f"encoder.encoder.layer.{chosen}.": at for at, chosen in enumerate(spread(most, layers))
    }
    weights: dict[str, torch.Tensor] = {}
    for name, value in teacher.state_dict().items():
        if name.startswith("encoder.encoder.layer."):
            prefix = ".".join(name.split(".")[:4]) + "."
            if prefix in kept:
                rest = name.removeprefix(prefix)
                weights[f"encoder.encoder.layer.{kept[prefix]}.{rest}"] = value
        elif not name.startswith("ngrams."):
            weights[name] = value
    result.load_state_dict(weights)
    return result


def spread(most: int, layers: int) -> list[int]:
    """Which of ``most`` layers: 3 of 12 are 3, 7 and 11."""
    return [round((at + 1) * most / layers) - 1 for at in range(layers)]
