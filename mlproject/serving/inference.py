"""The threads between the event loop and the model: each tokenises what came, then runs a batch."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from mlproject.serving import ledger, metrics
from mlproject.serving.batching import Queue
from mlproject.serving.capacity import Capacity
from mlproject.serving.job import Answer, Job, Waiting
from mlproject.serving.live import LiveModel
from mlproject.serving.outcome import Awaited, Outcome
from mlproject.serving.request import Refusal
from mlproject.serving.sentry import capture

log = logging.getLogger("bentoml.mlproject.inference")

LONGEST_WAIT = 60  # seconds that Retry-After asks for at most


class Inference:
    """Requests queue while batches run; whoever is free takes what fits."""

    def __init__(
        self, live: LiveModel, capacity: Capacity | None = None, max_texts: int = 1024
    ) -> None:
        """``max_texts`` may wait; a request that finds nothing waiting is always taken, one of
        more than half of them where no more than half wait."""
        self.live = live
        self.capacity = capacity or Capacity()
        self._max_texts = max_texts
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        self._queue: Queue[Waiting] = Queue()
        self._work = threading.Condition(self._lock)  # jobs to tokenise, or texts to run
        self._pending = 0  # texts that were taken and not answered
        self._free = self.capacity.sessions
        self._rate = 0.0  # texts per second, of the latest batches
        self._closed = False
        self._threads = [
            threading.Thread(target=self._guard, name=f"session-{number}", daemon=True)
            for number in range(self.capacity.sessions)
        ]
        for thread in self._threads:
            thread.start()

    async def classify(self, texts: Sequence[str]) -> Answer:
        """
        Raises:
            Refusal: 503 without a model, 429 when too many wait, 500 when the model fails.
        """
        awaited: Awaited[Answer] = Awaited()
        self._accept(texts, awaited)
        return await awaited.future

    def submit(self, texts: Sequence[str], wait: bool = False) -> "Future[Answer]":
        """The answer to come; ``wait``: however many wait already.

        Raises:
            Refusal: 503 without a model, 429 when too many wait.
        """
        future: Future[Answer] = Future()
        self._accept(texts, future, wait)
        return future

    def _accept(self, texts: Sequence[str], outcome: Outcome[Answer], wait: bool = False) -> None:
        served = self.live.current
        if served is None:
            raise Refusal(503, "no model is loaded yet")
        job = Job(served, texts, outcome)
        with self._lock:
            # Were all of a large request to fit, it would find no room while others are small.
            room = min(len(texts), -(-self._max_texts // 2))
            if not wait and self._pending and self._pending + room > self._max_texts:
                raise self._full(room)
            self._pending += len(texts)
            ledger.note(metrics.WAITING.set, self._pending)
            self._jobs.append(job)
            self._work.notify()

    def close(self) -> None:
        """End the threads; what waits is answered 503."""
        with self._lock:
            self._closed = True
            self._work.notify_all()
        for thread in self._threads:
            thread.join(timeout=10)
        stopped = Refusal(503, "the service stops")
        while self._jobs:
            self._jobs.popleft().fail(stopped)
        while batch := self._queue.take(1 << 30):
            for waiting in batch:
                waiting.job.fail(stopped)

    def _full(self, more: int) -> Refusal:
        seconds = (self._pending + more - self._max_texts) / self._rate if self._rate else 1
        after = min(LONGEST_WAIT, max(1, math.ceil(seconds)))
        return Refusal(
            429,
            f"{self._pending} texts wait, at most {self._max_texts} may: try again in {after} s",
            {"Retry-After": str(after)},
        )

    def _guard(self) -> None:
        while not self._closed:
            try:
                self._serve()
            except Exception as error:  # a thread that ends would leave every request waiting
                log.error("a thread of the inference failed: %s", type(error).__name__)
                capture(error)

    def _serve(self) -> None:
        while True:
            with self._lock:
                while not self._jobs and not len(self._queue) and not self._closed:
                    self._work.wait()
                if self._closed:
                    return
                job = self._jobs.popleft() if self._jobs else None
                batch, alone = ([], False) if job else self._next_batch()
            if job:
                batch, alone = self._tokenize(job)
            if batch:
                self._run_batch(batch, alone)

    def _tokenize(self, job: Job) -> tuple[list[Waiting], bool]:
        """Queue the texts of a job; returns what runs next, unless other jobs wait as well."""
        if job.outcome.cancelled():
            with self._lock:
                self._done(len(job.texts))
            return [], False
        started = time.perf_counter()
        try:
            rows = job.tokenize()
        except Exception as error:
            self._failed(job, error)
            with self._lock:
                self._done(len(job.texts))
            return [], False
        ledger.note(metrics.TOKENIZE_SECONDS.inc, time.perf_counter() - started)
        order = sorted(range(len(rows)), key=lambda position: len(rows[position].ids))
        with self._lock:
            if len(rows) == 1 and not self._jobs and not len(self._queue):
                return self._begin([Waiting(job, 0, rows[0].ids)])
            for position in order:
                ids = rows[position].ids
                self._queue.add(id(job.served), len(ids), Waiting(job, position, ids))
            return ([], False) if self._jobs else self._next_batch()

    def _next_batch(self) -> tuple[list[Waiting], bool]:
        """What runs next, and whether it runs alone. Free sessions share what waits."""
        share = -(-self._queue.tokens // self._free)
        return self._begin(self._queue.take(min(self.capacity.batch_tokens, share)))

    def _begin(self, batch: list[Waiting]) -> tuple[list[Waiting], bool]:
        """The batch, and whether it runs alone; takes a session for it."""
        alone = self._free == self.capacity.sessions and not len(self._queue)
        self._free -= 1
        if len(self._queue) and self._free:
            self._work.notify()
        return batch, alone

    def _run_batch(self, batch: list[Waiting], alone: bool) -> None:
        started = time.perf_counter()
        complete: list[Job] = []
        try:
            complete = self._run(
                [each for each in batch if not each.job.outcome.cancelled()], alone
            )
        finally:
            self._finish(len(batch), time.perf_counter() - started)
        for job in complete:  # last, for whom it wakes wants Python's lock at once
            job.finish()

    def _finish(self, texts: int, seconds: float) -> None:
        with self._lock:
            self._free += 1
            rate = texts * self.capacity.sessions / max(seconds, 1e-6)
            self._rate = 0.9 * self._rate + 0.1 * rate if self._rate else rate
            self._done(texts)

    def _done(self, texts: int) -> None:
        self._pending -= texts
        ledger.note(metrics.WAITING.set, self._pending)

    def _run(self, batch: list[Waiting], alone: bool) -> list[Job]:
        """The jobs that have all their answers now."""
        if not batch:
            return []
        served = batch[0].job.served
        tokens = len(batch) * max(len(each.ids) for each in batch)
        started = time.perf_counter()
        try:
            rows = served.predictor.run([each.ids for each in batch], alone).tolist()
        except Exception as error:
            if len(batch) > 1:  # one text must not cost the others their answer
                return [job for each in batch for job in self._run([each], alone)]
            self._failed(batch[0].job, error)
            return []
        ledger.note(metrics.batch, tokens, time.perf_counter() - started)
        with self._lock:  # the texts of one job may end in two threads at once
            return [
                each.job
                for each, row in zip(batch, rows, strict=True)
                if each.job.take(each.position, row)
            ]

    def _failed(self, job: Job, error: Exception) -> None:
        # The message of a library may hold the text: not logged.
        log.error("version %s failed: %s", job.served.version, type(error).__name__)
        capture(error, version=job.served.version)
        job.fail(Refusal(500, "the model failed on this text"))
