"""A large language model behind an OpenAI-compatible endpoint, asked text by text."""

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import requests
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mlproject import stop
from mlproject.errors import InputError, StoppedError, TryLaterError

log = logging.getLogger(__name__)
AT_ONCE = 4  # requests
READ = 4_000  # characters of a text
TOKENS = 200  # of an answer, at most
TRIES = 5
LONGEST_WAIT = 120  # seconds, whatever Retry-After says
OBJECT = re.compile(r"\{[^{}]*\}")
REFUSED = frozenset({400, 401, 402, 403, 404, 422})


@dataclass(frozen=True)
class Endpoint:
    """``url`` ends before ``/chat/completions``; prices are for a million tokens."""

    url: str
    key: SecretStr
    model: str
    input_price: float = 0.0
    output_price: float = 0.0
    timeout: float = 60.0
    backoff: float = 1.0  # seconds before the second try; doubles with each further one


class Reply(BaseModel):
    """What is kept of one answer. ``label`` is None where it could not be read."""

    model_config = ConfigDict(frozen=True)

    key: str  # SHA-256 of the text
    label: int | None
    probability: float
    input_tokens: int
    output_tokens: int


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
        self._session = _session(endpoint)

    def predict(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities (N, labels); all alike where the answer could not be read.

        Raises:
            InputError: the endpoint refuses the request: its key, model or address is wrong.
            TryLaterError: it does not answer, or its quota is spent.
            StoppedError: on request; what was answered is kept.
        """
        new = {key: text for text in texts if (key := _key(text)) not in self._known}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tasks = [pool.submit(self._ask, key, text) for key, text in new.items()]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return np.stack([self._probabilities(self._known[_key(text)]) for text in texts])

    def usage(self, texts: Sequence[str]) -> dict[str, float]:
        """Tokens, answers that could not be read, and the price of 1,000 texts like these."""
        replies = [self._known[_key(text)] for text in texts]
        tokens = [sum(reply.input_tokens for reply in replies)]
        tokens.append(sum(reply.output_tokens for reply in replies))
        prices = (self._endpoint.input_price, self._endpoint.output_price)
        price = sum(number * each for number, each in zip(tokens, prices, strict=True)) / 1e6
        return {
            "input_tokens": tokens[0],
            "output_tokens": tokens[1],
            "unreadable": sum(reply.label is None for reply in replies),
            "cost_per_1000": 1_000 * price / max(len(replies), 1),
        }

    def _probabilities(self, reply: Reply) -> NDArray[np.float32]:
        size = len(self._labels)
        if reply.label is None:
            return np.full(size, 1 / size, dtype=np.float32)
        result = np.full(size, (1 - reply.probability) / (size - 1), dtype=np.float32)
        result[reply.label] = reply.probability
        return result

    def _ask(self, key: str, text: str) -> None:
        if stop.requested():
            raise StoppedError("stopped while a language model was asked; its answers are kept")
        answer = self._post(text)
        try:
            content = answer["choices"][0]["message"]["content"]
            usage = answer.get("usage") or {}
            label, probability = self._parse(content or "")
            reply = Reply(
                key=key,
                label=label,
                probability=probability,
                input_tokens=usage.get("prompt_tokens", 0),
                output_tokens=usage.get("completion_tokens", 0),
            )
        except (KeyError, IndexError, TypeError, AttributeError, ValidationError):
            raise TryLaterError(
                f"language model at {self._endpoint.url}: its answer is no chat completion"
            ) from None
        with self._lock:
            self._known[key] = reply
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
        except (ValueError, KeyError, TypeError):
            return None, 0.0
        return label, min(max(probability, 0.0), 1.0)

    def _post(self, text: str) -> dict[str, Any]:
        body = {
            "model": self._endpoint.model,
            "temperature": 0,
            "max_tokens": TOKENS,
            "messages": [
                {"role": "system", "content": self._prompt},
                {"role": "user", "content": text[:READ]},
            ],
        }
        url = f"{self._endpoint.url.rstrip('/')}/chat/completions"
        where = f"language model at {self._endpoint.url}"
        try:
            answer = self._session.post(url, json=body, timeout=self._endpoint.timeout)
        except requests.RequestException as error:
            raise TryLaterError(f"{where} does not answer ({type(error).__name__})") from None
        if answer.status_code in REFUSED:
            raise InputError(
                f"{where} answers {answer.status_code}: check MLPROJECT_LLM_URL, …_KEY and …_MODEL"
            )
        if not answer.ok:
            raise TryLaterError(f"{where} answers {answer.status_code}")
        try:
            values: dict[str, Any] = answer.json()
        except ValueError:
            raise TryLaterError(f"{where} answers with no JSON") from None
        return values


def _session(endpoint: Endpoint) -> requests.Session:
    session = requests.Session()
    retry = Retry(
        total=TRIES,
        connect=1,
        backoff_factor=endpoint.backoff,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
        retry_after_max=LONGEST_WAIT,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry, pool_maxsize=AT_ONCE))
    if key := endpoint.key.get_secret_value():
        session.headers["Authorization"] = f"Bearer {key}"
    return session


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _read(path: Path) -> list[Reply]:
    """The kept answers; a line that was being written when the machine went off is passed over."""
    if not path.is_file():
        return []
    replies = []
    for line in filter(None, path.read_text(encoding="utf-8").splitlines()):
        try:
            replies.append(Reply.model_validate_json(line))
        except ValidationError:
            log.warning("%s: a damaged line is passed over", path)
    return replies
