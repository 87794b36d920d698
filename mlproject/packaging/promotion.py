"""Moving the alias ``champion``: forward past the gate, or back to an earlier version."""

import logging
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError
from mlproject.packaging import bento
from mlproject.packaging.registry import Registry
from mlproject.packaging.release import CHALLENGER, CHAMPION, PREVIOUS, Release, Releases
from mlproject.settings import Settings
from mlproject.store import deployments
from mlproject.store.connection import connect
from mlproject.store.deployments import Deployment

log = logging.getLogger(__name__)

GATE = "gate"  # who promotes when no person is named


@dataclass(frozen=True)
class Move:
    """Who moves the alias and why; ``person`` is empty when nobody approved by name."""

    action: str
    person: str
    reason: str


def promote(name: str, version: str, move: Move, settings: Settings) -> dict[str, Any]:
    """Make the version the challenger, then the champion if its gate or a person lets it.

    Raises:
        InputError: no such version, or the gate did not pass; the champion stays.
    """
    release = Releases.of_environment().by_version(name, version)
    Registry().point(name, CHALLENGER, release.version)
    return _crown(release, move, settings)


def rollback(name: str, version: str | None, move: Move, settings: Settings) -> dict[str, Any]:
    """Make an earlier version the champion; by default the one before.

    Raises:
        InputError: there is no such version, or it was never live, its gate did not pass and
            nobody is named.
    """
    releases = Releases.of_environment()
    release = releases.by_version(name, version) if version else releases.by_alias(name, PREVIOUS)
    if release is None:
        raise InputError(f"{name} has no alias {PREVIOUS!r}: give the version to go back to")
    return _crown(release, move, settings)


def _crown(release: Release, move: Move, settings: Settings) -> dict[str, Any]:
    releases = Releases.of_environment()
    name = release.name
    gate = releases.report(release, "gate.json")
    with connect(settings) as connection:
        deployments.lock(connection, name)
        champion = releases.by_alias(name, CHAMPION)
        if champion is not None and champion.version == release.version:
            return _result(release, releases.by_alias(name, PREVIOUS), changed=False)
        if not _may_serve(connection, release, gate, move):
            raise InputError(_refusal(release, gate))
        deployments.record(
            connection,
            Deployment(
                model=name,
                version=release.version,
                previous=champion.version if champion else None,
                action=move.action,
                by=move.person or GATE,
                reason=move.reason or f"{move.action} of version {release.version}",
                gate=gate,
                bento=bento.built(name, release.version, settings),
            ),
        )
        registry = Registry()
        if champion is not None:
            registry.point(name, PREVIOUS, champion.version)
        registry.point(name, CHAMPION, release.version)
    log.info("%s: champion is version %s", name, release.version)
    return _result(release, champion, changed=True)


def _may_serve(connection: Connection, release: Release, gate: dict[str, Any], move: Move) -> bool:
    """The gate passed, a person answers for it, or it goes back to what was live before."""
    if gate.get("passed") is True or move.person:
        return True
    was_live = deployments.was_live(connection, release.name, release.version)
    return move.action == "rollback" and was_live


def _refusal(release: Release, gate: dict[str, Any]) -> str:
    reasons = "; ".join(map(str, gate.get("reasons", ()))) or "no reasons given"
    return (
        f"{release.name} {release.version} did not pass the gate ({reasons}): train a better one, "
        "or name in approved_by who answers for it"
    )


def _result(release: Release, previous: Release | None, changed: bool) -> dict[str, Any]:
    return {
        "champion": release.version,
        "previous": previous.version if previous else None,
        "changed": changed,
    }
