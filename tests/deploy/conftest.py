"""docker-compose itself, the secrets it asks for, and what it makes of each profile."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.compose.generate import generate
from deploy.system import compose
from tests.deploy.rendered_compose import REPOSITORY, Rendered, Run

PROFILES: tuple[tuple[str, ...], ...] = ((), ("demo",))


@pytest.fixture(scope="session")
def secrets_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compose") / "secrets"
    generate(folder)
    return folder


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """``docker-compose config`` with these profiles and variables, and no others."""
    command = compose()
    assert command is not None, "docker-compose is missing: run `make compose`"
    nothing = tmp_path_factory.mktemp("compose") / "empty.env"
    nothing.touch()
    base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    def run(
        profiles: tuple[str, ...], variables: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        options = [part for profile in profiles for part in ("--profile", profile)]
        return subprocess.run(
            [*command, "--env-file", str(nothing), *options, "config"],
            cwd=REPOSITORY,
            env=base | dict(variables),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session", params=PROFILES, ids=lambda names: "+".join(names) or "default")
def rendered(request: pytest.FixtureRequest, config: Run, secrets_folder: Path) -> Rendered:
    done = config(request.param, {"MLPROJECT_SECRETS": str(secrets_folder)})
    assert done.returncode == 0, done.stderr
    return Rendered(done.stdout, request.param)
