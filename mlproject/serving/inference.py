"""The one thread that runs the model, so that the event loop stays free."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.clean import clean
from mlproject.packaging.manifest import Manifest
from mlproject.serving.live import LiveModel
from mlproject.serving.request import Refusal
from mlproject.serving.served import Served

log = logging.getLogger("bentoml.mlproject.inference")


@dataclass(frozen=True)
class Answer:
    """Probabilities (N, labels), and the version that gave them all."""

    served: Served
    probabilities: NDArray[np.float32]


def prepared(texts: Sequence[str], manifest: Manifest) -> list[str]:
    """The texts as the model's training knew texts."""
    if manifest.cleaning is None:
        return list(texts)
    return [clean(text, manifest.cleaning) for text in texts]


class Inference:
    def __init__(self, live: LiveModel) -> None:
        self.live = live
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")

    async def classify(self, texts: Sequence[str]) -> Answer:
        """
        Raises:
            Refusal: 503 without a model, 500 when the model fails.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, texts)

    def close(self) -> None:
        self._executor.shutdown(wait=True)

    def _run(self, texts: Sequence[str]) -> Answer:
        served = self.live.current
        if served is None:
            raise Refusal(503, "no model is loaded yet")
        try:
            return Answer(served, served.predictor.predict(prepared(texts, served.manifest)))
        except Exception as error:  # the message of a library may hold the text: not logged
            log.error("version %s failed: %s", served.version, type(error).__name__)
            raise Refusal(500, "the model failed on this text") from None
