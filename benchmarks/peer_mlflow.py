"""A model for MLflow's own server: the same file and tokenizer behind ``/invocations``."""

from typing import Any

import mlflow
from mlflow.pyfunc.model import PythonModel

from benchmarks.peers import Peer


class Classifier(PythonModel):
    def load_context(self, context: Any) -> None:
        self._peer = Peer(padded=False)

    def predict(
        self, context: Any, model_input: list[str], params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        return [self._peer.classify(text) for text in model_input]


mlflow.models.set_model(Classifier())
