"""An OpenAI-compatible endpoint: one text, one chat completion."""

import re
from dataclasses import dataclass
from threading import Lock
from typing import Any

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mlproject.errors import InputError, TryLaterError

AT_ONCE = 4  # requests
READ = 4_000  # characters of a text
TOKENS = 200  # of an answer, at most
TRIES = 5
LONGEST_WAIT = 120  # seconds, whatever Retry-After says
SHORT = 160  # characters of what the server says
WRONG = frozenset({401, 402, 403, 404})  # whatever the text is
REFUSED = frozenset({400, 422})
# What takes a parameter's place where a server does not know it.
INSTEAD = {"temperature": {}, "max_tokens": {"max_completion_tokens": TOKENS}}


class RefusedError(Exception):
    """The server does not answer this request; what it says, in one line."""


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

    @property
    def name(self) -> str:
        return f"language model at {self.url}"


class Client:
    """Asks an endpoint; from several threads at once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint, self._session = endpoint, _session(endpoint)
        self._options: dict[str, int] = {"temperature": 0, "max_tokens": TOKENS}
        self._lock = Lock()

    def complete(self, prompt: str, text: str) -> dict[str, Any]:
        """
        Raises:
            RefusedError: this text is not answered.
            InputError: key, model or address is wrong.
            TryLaterError: the endpoint does not answer, or its quota is spent.
        """
        while True:
            options = dict(self._options)
            answer = self._post(prompt, text, options)
            if answer.status_code in WRONG:
                raise self.wrong(f"{answer.status_code} ({self._reason(answer)})")
            if answer.status_code in REFUSED:
                if self._without(self._reason(answer), options):
                    continue
                raise RefusedError(f"{answer.status_code} ({self._reason(answer)})")
            if not answer.ok:
                raise TryLaterError(f"{self._endpoint.name} answers {answer.status_code}")
            try:
                values: dict[str, Any] = answer.json()
            except ValueError:
                raise TryLaterError(f"{self._endpoint.name} answers with no JSON") from None
            return values

    def wrong(self, reason: str) -> InputError:
        return InputError(
            f"{self._endpoint.name} answers {reason}: check MLPROJECT_LLM_URL, …_KEY and …_MODEL"
        )

    def _post(self, prompt: str, text: str, options: dict[str, int]) -> requests.Response:
        body = {
            "model": self._endpoint.model,
            **options,
            "messages": [
                {"role": "system", "content": prompt},
                {"role": "user", "content": text[:READ]},
            ],
        }
        url = f"{self._endpoint.url.rstrip('/')}/chat/completions"
        try:
            return self._session.post(url, json=body, timeout=self._endpoint.timeout)
        except requests.RequestException as error:
            reason = type(error).__name__
            raise TryLaterError(f"{self._endpoint.name} does not answer ({reason})") from None

    def _without(self, reason: str, sent: dict[str, int]) -> bool:
        """Leave out the parameter that the server names, from now on; whether it was sent."""
        refused = [name for name in INSTEAD if name in sent and re.search(rf"\b{name}\b", reason)]
        with self._lock:
            for name in refused:
                if self._options.pop(name, None) is not None:
                    self._options |= INSTEAD[name]
        return bool(refused)

    def _reason(self, answer: requests.Response) -> str:
        """What the server says, without the key."""
        try:
            values = answer.json()
            said = values["error"]["message"]
        except (ValueError, KeyError, TypeError):
            said = answer.text
        line = " ".join(str(said).split())
        if key := self._endpoint.key.get_secret_value():
            line = line.replace(key, "…")
        return line[:SHORT] or "no reason"


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
