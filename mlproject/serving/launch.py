"""Which Bento is served, and the command that serves it."""

import logging
import socket
import sys
from collections.abc import Sequence

from mlproject.errors import InputError, MlprojectError
from mlproject.packaging import bento
from mlproject.packaging.release import CHAMPION, Releases
from mlproject.settings import Settings
from mlproject.task import Task

log = logging.getLogger(__name__)


def choose(task: Task, tag: str | None, settings: Settings) -> str:
    """The tag given; else the champion's; else the newest whose gate passed.

    Raises:
        InputError: there is none.
    """
    name = task.registered_model
    if tag is not None:
        model, _, version = tag.partition(":")
        if not version or bento.built(model, version, settings) is None:
            raise InputError(f"bento {tag!r} is not in {bento.store(settings)}: build it first")
        return tag
    champion = _champion(name)
    if champion is not None:
        found = bento.built(name, champion, settings)
        if found is not None:
            return found
        log.warning("champion %s of %s has no bento here", champion, name)
    for item in bento.stored(name, settings):
        if item.info.labels.get("gate") == "passed":
            return str(item.tag)
    raise InputError(
        f"no bento of {name} in {bento.store(settings)}: run the retrain job, or build"
    )


def _champion(name: str) -> str | None:
    try:
        release = Releases.of_environment().by_alias(name, CHAMPION)
    except MlprojectError as error:
        log.warning("the champion is not known (%s)", error)
        return None
    return release.version if release else None


def check_port(address: str, port: int) -> None:
    """
    Raises:
        InputError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise InputError(
                f"{address} port {port} cannot be used ({error.strerror}): stop what listens "
                "there, or set MLPROJECT_BIND and MLPROJECT_SERVICE_PORT"
            ) from None


def command(tag: str, settings: Settings) -> Sequence[str]:
    """BentoML's own server for that tag."""
    where = ("--host", settings.bind, "--port", str(settings.service_port))
    return (sys.executable, "-m", "bentoml", "serve", tag, *where)
