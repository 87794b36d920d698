"""The embedded server, as it is used by every other test, looked at from outside."""

import os
import secrets
import stat
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from deploy.stack import postgres as embedded
from deploy.stack.postgres import Server
from mlproject.errors import InputError


def test_a_role_cannot_enter_another_roles_database(postgres: Server) -> None:
    password = secrets.token_urlsafe(8)
    embedded.ensure_database(postgres, "mine", password)
    embedded.ensure_database(postgres, "theirs", secrets.token_urlsafe(8))
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        psycopg2.connect(postgres.url("mine", password, "theirs"))


def test_a_wrong_password_is_refused(postgres: Server) -> None:
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        psycopg2.connect(postgres.url(embedded.SUPERUSER, "wrong", "postgres"))


def test_data_of_another_clone_is_named_at_once(postgres: Server) -> None:
    with pytest.raises(InputError, match=r"another password than secrets\.json.*Remove"):
        embedded.wait(replace(postgres, password="wrong"), seconds=0)


def test_a_changed_password_takes_effect(postgres: Server) -> None:
    embedded.ensure_database(postgres, "changing", "first")
    psycopg2.connect(embedded.ensure_database(postgres, "changing", "second")).close()


def test_preparing_twice_keeps_the_data(postgres: Server) -> None:
    before = (postgres.data / "PG_VERSION").stat().st_mtime
    embedded.prepare(postgres)
    assert (postgres.data / "PG_VERSION").stat().st_mtime == before


def test_the_data_folder_is_its_owners_alone(postgres: Server) -> None:
    assert stat.S_IMODE(postgres.data.stat().st_mode) == 0o700


def test_no_folder_above_changes_its_mode(tmp_path: Path) -> None:
    home = tmp_path / "closed" / "home"
    home.mkdir(parents=True)
    home.parent.chmod(0o700)
    before = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, home.parent, home)]
    folder = tmp_path / "server" if os.geteuid() else None
    server = embedded.describe(home, 1, "x", folder)
    try:
        embedded.prepare(server)
        after = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, home.parent, home)]
        assert after == before
        assert (server.data / "PG_VERSION").is_file()
    finally:
        import shutil

        shutil.rmtree(server.folder)
