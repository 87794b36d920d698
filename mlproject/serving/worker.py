"""What one worker runs: a model, the threads around it, and the routes."""

from functools import cache
from pathlib import Path

from mlproject.packaging.bento import RELEASE, read_release
from mlproject.packaging.release import Releases
from mlproject.serving import ledger, sentry
from mlproject.serving.app import create
from mlproject.serving.capacity import Capacity
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings


class Worker:
    """Serves the model in a Bento's folder, then the registry's champion."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """
        Raises:
            InputError: the folder is damaged, or a setting does not fit.
        """
        sentry.begin(settings)
        ledger.begin()
        capacity = Capacity.of(settings)
        self._live = LiveModel(
            capacity, settings.home.resolve() / "registry", settings.service_slowest_ms
        )
        self._inference = Inference(self._live, capacity, settings.service_queue)
        self.application = create(self._live, self._inference, settings)
        name, version = read_release(folder / RELEASE)
        self._live.begin(folder, name, version)
        self._live.follow(cache(Releases.of_environment), settings.service_poll_seconds)

    def stop(self) -> None:
        self._live.stop()
        self._inference.close()
        ledger.end()
        sentry.end()
