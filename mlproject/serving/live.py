"""The model that answers now: the one the process began with, then the registry's champion."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlproject.errors import InputError, MlprojectError, TryLaterError
from mlproject.packaging.prune import prune
from mlproject.packaging.release import CHAMPION, Release, Releases
from mlproject.serving import metrics
from mlproject.serving.capacity import Capacity
from mlproject.serving.sentry import capture
from mlproject.serving.served import Served, load, misfit

log = logging.getLogger("bentoml.mlproject.live")  # BentoML shows what is below its own name

REFUSED_SECONDS = 300.0  # after which a refused version is tried again: it may only have been slow


@dataclass(frozen=True)
class Watch:
    """What the last look at the registry gave."""

    checked: datetime | None = None
    registry: str = "not asked yet"  # or "reachable", or why it is not
    refused: str | None = None  # the version that does not fit, and why


class LiveModel:
    """``current`` is replaced at once; a request keeps the one that it began with."""

    def __init__(self, capacity: Capacity, cache: Path, slowest_ms: float = 0.0) -> None:
        """``slowest_ms``: see ``served.load``; a champion that is slower is refused."""
        self.current: Served | None = None
        self.watch = Watch()
        self._capacity = capacity
        self._cache = cache
        self._slowest_ms = slowest_ms
        self._refused: Release | None = None
        self._fetched: tuple[Path, ...] = ()  # where what is served came from, if it was fetched
        self._again = 0.0  # when it is tried again
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, folder: Path, name: str, version: str) -> None:
        """Serve the version of a folder.

        Raises:
            InputError: the folder is damaged.
        """
        self._serve(load(folder, name, version, self._capacity))
        log.info("serving %s version %s", name, version)

    def follow(self, connect: Callable[[], Releases], seconds: float) -> None:
        """From now on look for a new champion every ``seconds``, in a thread of its own."""

        def look() -> None:
            while not self._stop.is_set():
                self.check(connect)
                self._stop.wait(seconds)

        self._thread = threading.Thread(target=look, name="champion", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def check(self, connect: Callable[[], Releases]) -> None:
        """Look once, and swap if there is another champion that fits. Never raises."""
        registry, refused = "reachable", self.watch.refused
        try:
            refused = self._follow(connect())
        except MlprojectError as error:  # not answering is no reason to stop serving
            registry = str(error)
            if registry != self.watch.registry:
                log.warning("the champion is not watched: %s", error)
        except Exception as error:  # the thread must live
            registry = f"{type(error).__name__} while looking"
            log.exception("looking for the champion failed")
        metrics.REGISTRY_REACHABLE.set(registry == "reachable")
        metrics.REFUSED.set(refused is not None)
        if registry == "reachable" != self.watch.registry and self.watch.checked:
            log.info("the champion is watched again")
        self.watch = Watch(datetime.now(UTC), registry, refused)

    def _follow(self, releases: Releases) -> str | None:
        """Swap to the champion; returns why it is refused, if it is."""
        current = self.current
        if current is None:
            return None
        release = releases.by_alias(current.name, CHAMPION)
        if release is None or _same(current, release):
            self._refused = None
            return None
        if release == self._refused and time.monotonic() < self._again:
            return self.watch.refused
        try:
            folder = releases.fetch(release, self._cache)
            new = load(folder, release.name, release.version, self._capacity, self._slowest_ms)
            reason = misfit(new.manifest, current.manifest)
            if reason is not None:
                raise InputError(reason)
        except TryLaterError:
            raise
        except MlprojectError as error:
            return self._refuse(release, current, error)
        self._refused = None
        self._serve(new)
        prune(self._cache, release.name, (folder, *self._fetched))
        self._fetched = (folder,)
        log.info("version %s is replaced by %s", current.version, new.version)
        return None

    def _refuse(self, release: Release, current: Served, error: MlprojectError) -> str:
        known = self._refused == release
        self._refused, self._again = release, time.monotonic() + REFUSED_SECONDS
        if not known:
            log.error(
                "version %s is refused, %s stays: %s", release.version, current.version, error
            )
            capture(error, refused=release.version, serving=current.version)
        return f"version {release.version}: {error}"

    def _serve(self, new: Served) -> None:
        if self.current is not None:
            metrics.MODEL.labels(self.current.version).set(0)
        metrics.MODEL.labels(new.version).set(1)
        self.current = new


def _same(current: Served, release: Release) -> bool:
    return (
        current.version == release.version and current.manifest.model_sha256 == release.model_sha256
    )
