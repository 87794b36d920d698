"""Many clients at once, who check every answer."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

TOLERANCE = 1e-5 + 1e-6  # of batches, and of six digits
AFTER_KILL = 0.3  # seconds in which a request may still go to a worker that is gone

Known = Mapping[str, Mapping[str, list[float]]]  # version -> text -> probabilities, alone


@dataclass
class Crowd:
    """``connections`` clients ask ``url``; what they get must be what ``known`` says."""

    url: str
    known: Known
    labels: tuple[str, ...]
    connections: int
    pause: float = 0.1  # seconds at most between two requests of a client: others work here too
    answers: Counter[str] = field(default_factory=Counter)  # by version
    wrong: list[str] = field(default_factory=list)
    killed: list[float] = field(default_factory=list)  # when workers were
    lost: int = 0  # requests in flight on them
    stopping: bool = False

    async def run(self) -> None:
        self._texts = list(next(iter(self.known.values())))
        connector = aiohttp.TCPConnector(limit=self.connections)
        timeout = aiohttp.ClientTimeout(total=120)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            await asyncio.gather(*(self._ask(session, n) for n in range(self.connections)))

    async def _ask(self, session: aiohttp.ClientSession, seed: int) -> None:
        chance = random.Random(seed)
        while not self.stopping:
            texts = chance.choices(self._texts, k=chance.choice((1, 1, 1, 2, 7, 40)))
            started = time.monotonic()
            try:
                async with session.post(f"{self.url}/classify", json={"texts": texts}) as answer:
                    body = await answer.json()
                    self._check(answer.status, body, texts)
            except (aiohttp.ClientError, TimeoutError) as error:
                now = time.monotonic()
                if any(started < at + AFTER_KILL and at < now for at in self.killed):
                    self.lost += 1
                else:
                    self.wrong.append(f"{type(error).__name__} without a kill")
            await asyncio.sleep(chance.uniform(0, self.pause))

    def _check(self, status: int, body: dict[str, object], texts: list[str]) -> None:
        if status != 200:
            self.wrong.append(f"{status}: {body}")
            return
        version = str(body["model_version"])
        self.answers[version] += 1
        alone = self.known.get(version)
        if alone is None:
            self.wrong.append(f"version {version} must not answer")
            return
        results = body["results"]
        assert isinstance(results, list)
        for text, result in zip(texts, results, strict=True):
            found = [result["probabilities"][label] for label in self.labels]
            worst = max(abs(a - b) for a, b in zip(found, alone[text], strict=True))
            if worst > TOLERANCE:
                self.wrong.append(f"version {version} is off by {worst:.1e}")
