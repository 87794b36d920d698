"""The model over n-grams alone, as ``train`` would fit it beside a network."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from mlproject.dataset.read import Dataset, Example
from mlproject.task import Task
from mlproject.training import linear, mixture, vocabulary, weights
from mlproject.training.presets import RANDOM
from mlproject.training.tokens import Tokens, encode, prepare

CPU = torch.device("cpu")


def ngram_model(
    task: Task, dataset: Dataset
) -> tuple[Callable[[list[str]], NDArray[np.float64]], float]:
    """What answers texts with probabilities, and the threshold chosen on the validation split."""
    preset, values = RANDOM["tiny"], task.training
    train, validation = dataset.splits["train"], dataset.splits["validation"]
    vocabulary_ = vocabulary.train([row.text for row in train], preset.vocabulary, words=True)
    tokenizer = prepare(vocabulary_, values.max_length)
    empty = linear.blank(values, len(task.labels), tokenizer, CPU)
    if empty is None:
        raise ValueError("the task has no n-grams")

    def tokens(texts: list[str]) -> Tokens:
        return encode(texts, tokenizer, CPU)

    def answer(texts: list[str]) -> NDArray[np.float64]:
        alone = mixture.Mixture(1.0, 0.0)
        return mixture.probabilities(alone, mixture.ngram_logits(model, tokens(texts)), None)

    def count(rows: list[Example]) -> NDArray[np.float64]:
        plain = weights.of_rows(rows, values, 1.0)
        reviewed = np.array([row.reviewed for row in rows])
        positives = np.array([row.label == 1 for row in rows])
        return weights.after_epochs(plain, reviewed, positives, values)

    labels = np.array([row.label for row in train])
    texts = tokens([row.text for row in train])
    model = linear.fit(empty, texts, labels, count(train), values.ngram_strength)
    threshold = mixture.threshold(
        answer([row.text for row in validation]),
        np.array([row.label for row in validation]),
        *(count(validation), 1, values.threshold_precision),
    )
    return answer, threshold
