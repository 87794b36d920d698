"""The baselines of a task on a data set, kept by the data set's id."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlproject.dataset.read import Dataset
from mlproject.errors import TryLaterError
from mlproject.evaluation import slices as parts
from mlproject.evaluation.answers import Answers
from mlproject.evaluation.baselines.endpoint import Endpoint
from mlproject.evaluation.baselines.keywords import Keywords
from mlproject.evaluation.baselines.language_model import LanguageModel
from mlproject.evaluation.baselines.linear import Linear
from mlproject.evaluation.calibration import best_threshold
from mlproject.evaluation.model import Model
from mlproject.evaluation.slices import Slice
from mlproject.settings import Settings
from mlproject.task import Baselines

log = logging.getLogger(__name__)


def simple(options: Baselines, dataset: Dataset, positive: int | None, folder: Path) -> list[Model]:
    """Keyword filter and linear model, where the task asks for them."""
    models = []
    labels = len(dataset.manifest.labels)
    if options.keywords and positive is not None:
        words = Keywords(options.keywords, positive, labels)
        answers = Answers(
            folder / "keywords-answers.npz", "|".join(options.keywords), words.predict
        )
        models.append(Model("keywords", answers, positive))
    if options.linear and (linear := _linear(dataset, folder / "linear.npz")):
        answers = Answers(folder / "linear-answers.npz", "1", linear.predict)
        threshold = 0.5
        validation = dataset.splits.get("validation")
        if positive is not None and validation:
            found = answers.of([example.text for example in validation])
            truth = np.array([example.label for example in validation])
            threshold = best_threshold(truth, found, positive)
        models.append(Model("linear", answers, positive, threshold))
    return models


def _linear(dataset: Dataset, path: Path) -> Linear | None:
    """Fitted once; None where there are not two texts of each label to learn from."""
    if known := Linear.read(path):
        return known
    train = dataset.splits.get("train", [])
    truth = np.array([example.label for example in train], dtype=np.int64)
    if np.bincount(truth, minlength=len(dataset.manifest.labels)).min() < 2:
        log.warning("no linear baseline: a label has less than two texts to learn from")
        return None
    log.info("baseline: fitting a linear model on %d texts", len(train))
    model = Linear.fit([example.text for example in train], truth)
    model.write(path)
    return model


def _asked_of(part: Slice) -> bool:
    return not part.kind and part.split != "validation"


def asked(
    settings: Settings,
    prompt: str,
    labels: Sequence[str],
    positive: int | None,
    slices: Sequence[Slice],
) -> Model | None:
    """A large language model that was asked samples of the whole splits; None where it is down.

    Raises:
        InputError: the endpoint refuses the request.
        StoppedError: on request; what was answered is kept.
    """
    endpoint = Endpoint(
        url=settings.llm_url,
        key=settings.llm_key,
        model=settings.llm_model,
        input_price=settings.llm_input_price,
        output_price=settings.llm_output_price,
    )
    home = settings.home.resolve() / "baselines" / "language-model"
    rival = LanguageModel(endpoint, prompt, labels, home)
    samples = tuple(parts.sample(part, settings.llm_rows) for part in slices if _asked_of(part))
    texts = [text for sample in samples for text in sample.texts]
    answers = Answers(home / "answers.npz", rival.signature, rival.predict)
    try:
        answers.ask(texts)
        usage = rival.usage(texts)
    except TryLaterError as error:  # no reason to hold back a model
        log.warning("%s: it is left out of the comparison", error)
        return None
    name = endpoint.model or "language model"
    return Model(name, answers, positive, only=samples, extra=usage)
