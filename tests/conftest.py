"""What every test may use: a real PostgreSQL, started once, and a fresh database for each test."""

import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the Airflow environment has neither
    from deploy.stack.postgres import Server
    from mlproject.settings import Settings

pytest_plugins = ["tests.model_fixtures"]

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Server]":
    """A running server (deploy.stack.postgres.Server) that ends with the tests."""
    import shutil

    from deploy.stack import postgres as embedded

    home = tmp_path_factory.mktemp("postgres")
    server = embedded.describe(home, free_port(), secrets.token_urlsafe(12))
    embedded.prepare(server)
    log = (home / "postgres.log").open("wb")
    process = subprocess.Popen(
        [*server.command, "-c", "fsync=off"],
        cwd=server.folder,
        user=server.user,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        embedded.wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)
        log.close()
        shutil.rmtree(server.folder)


@pytest.fixture
def database(postgres: "Server", tmp_path: Path) -> "Settings":
    """Settings (mlproject.settings.Settings) on a fresh, migrated database and a fresh home."""
    from pydantic import SecretStr

    from deploy.stack import postgres as embedded
    from mlproject.settings import Settings
    from mlproject.store.migrate import migrate

    name = f"test_{secrets.token_hex(6)}"
    url = embedded.ensure_database(postgres, name, secrets.token_urlsafe(12))
    settings = Settings(home=tmp_path / "home", database_url=SecretStr(url))
    migrate(settings)
    return settings
