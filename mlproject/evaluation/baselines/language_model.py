"""A large language model behind an OpenAI-compatible endpoint, asked text by text."""

import hashlib
import json
import logging
import math
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from mlproject import stop
from mlproject.errors import StoppedError, TryLaterError
from mlproject.evaluation.baselines.endpoint import AT_ONCE, Client, Endpoint, RefusedError

log = logging.getLogger(__name__)
OBJECT = re.compile(r"\{[^{}]*\}")
TRIAL = 3  # texts: where all of them are refused, it is not for what they say


class Reply(BaseModel):
    """What is kept of one answer. ``label`` is None where it could not be read."""

    model_config = ConfigDict(frozen=True)

    key: str  # SHA-256 of the text
    label: int | None = None
    probability: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    refused: str = ""  # why the server does not answer this text


class LanguageModel:
    """Answers are kept in a file as they come: a text is paid for once."""

    def __init__(
        self, endpoint: Endpoint, prompt: str, labels: Sequence[str], folder: Path
    ) -> None:
        """``prompt`` says what is asked and that the answer is ``{"label", "probability"}``."""
        self._endpoint, self._prompt, self._labels = endpoint, prompt, list(labels)
        asked = json.dumps([endpoint.url, endpoint.model, prompt, self._labels])
        self.signature = hashlib.sha256(asked.encode()).hexdigest()[:16]
        self._path = folder / f"{self.signature}.jsonl"
        self._known = {reply.key: reply for reply in _read(self._path)}
        self._lock = Lock()
        self._client = Client(endpoint)

    def predict(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities (N, labels); all alike where there is no answer that can be read.

        Raises:
            InputError: the endpoint refuses all requests: its key, model or address is wrong.
            TryLaterError: it does not answer, or its quota is spent.
            StoppedError: on request; what was answered is kept.
        """
        new = {key: text for text in texts if (key := _key(text)) not in self._known}
        self._try(new)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tasks = [
                pool.submit(lambda key, text: self._keep(self._ask(key, text)), key, text)
                for key, text in new.items()
                if key not in self._known
            ]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return np.stack([self._probabilities(self._known[_key(text)]) for text in texts])

    def usage(self, texts: Sequence[str]) -> dict[str, float]:
        """Tokens, answers that were refused or could not be read, the price of 1,000 such texts."""
        replies = [self._known[_key(text)] for text in texts]
        tokens = [sum(reply.input_tokens for reply in replies)]
        tokens.append(sum(reply.output_tokens for reply in replies))
        prices = (self._endpoint.input_price, self._endpoint.output_price)
        price = sum(number * each for number, each in zip(tokens, prices, strict=True)) / 1e6
        return {
            "input_tokens": tokens[0],
            "output_tokens": tokens[1],
            "unreadable": sum(reply.label is None and not reply.refused for reply in replies),
            "refused": sum(bool(reply.refused) for reply in replies),
            "cost_per_1000": 1_000 * price / max(len(replies), 1),
        }

    def _try(self, new: dict[str, str]) -> None:
        """Ask text by text until one is answered, so that a wrong request is not sent for all."""
        if any(not reply.refused for reply in self._known.values()):
            return
        refused: list[Reply] = []
        for key, text in new.items():
            reply = self._ask(key, text)
            if not reply.refused:
                for each in (*refused, reply):
                    self._keep(each)
                return
            refused.append(reply)
            if len(refused) == min(TRIAL, len(new)):
                raise self._client.wrong(reply.refused)

    def _probabilities(self, reply: Reply) -> NDArray[np.float32]:
        size = len(self._labels)
        if reply.label is None:
            return np.full(size, 1 / size, dtype=np.float32)
        result = np.full(size, (1 - reply.probability) / (size - 1), dtype=np.float32)
        result[reply.label] = reply.probability
        return result

    def _ask(self, key: str, text: str) -> Reply:
        if stop.requested():
            raise StoppedError("stopped while a language model was asked; its answers are kept")
        try:
            answer = self._client.complete(self._prompt, text)
        except RefusedError as error:
            log.warning("%s does not answer a text: %s", self._endpoint.name, error)
            return Reply(key=key, refused=str(error))
        return self._read_answer(key, answer)

    def _read_answer(self, key: str, answer: dict[str, Any]) -> Reply:
        try:
            content = answer["choices"][0]["message"]["content"]
            usage = answer.get("usage") or {}
            label, probability = self._parse(content or "")
            return Reply(
                key=key,
                label=label,
                probability=probability,
                input_tokens=usage.get("prompt_tokens", 0),
                output_tokens=usage.get("completion_tokens", 0),
            )
        except (KeyError, IndexError, TypeError, AttributeError, ValidationError):
            raise TryLaterError(
                f"{self._endpoint.name}: its answer is no chat completion"
            ) from None

    def _keep(self, reply: Reply) -> None:
        with self._lock:
            self._known[reply.key] = reply
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"\n{reply.model_dump_json()}")  # ends a line that was cut short

    def _parse(self, content: str) -> tuple[int | None, float]:
        """Label and probability in the first JSON object of the answer."""
        found = OBJECT.search(content)
        try:
            values = json.loads(found[0]) if found else {}
            label = self._labels.index(values["label"])
            probability = float(values.get("probability", 1.0))
        except (ValueError, KeyError, TypeError, OverflowError):
            return None, 0.0
        if not math.isfinite(probability):  # json takes NaN for a number
            return None, 0.0
        return label, min(max(probability, 0.0), 1.0)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _read(path: Path) -> list[Reply]:
    """The kept answers; a line that was being written when the machine went off is passed over."""
    if not path.is_file():
        return []
    replies = []
    for line in filter(None, path.read_text(encoding="utf-8").split("\n")):
        try:
            replies.append(Reply.model_validate_json(line))
        except ValidationError:
            log.warning("%s: a damaged line is passed over", path)
    return replies
