"""Generated secrets."""

import json
import stat
from pathlib import Path

import pytest

from deploy.stack.passwords import load, location, write_airflow_logins
from mlproject.errors import InputError


def test_secrets_are_generated_once_and_kept(tmp_path: Path) -> None:
    assert load(tmp_path) == load(tmp_path)


def test_two_stacks_share_no_secret(tmp_path: Path) -> None:
    first, second = load(tmp_path / "a"), load(tmp_path / "b")
    assert set(vars(first).values()).isdisjoint(vars(second).values())


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    load(tmp_path)
    assert stat.S_IMODE(location(tmp_path).stat().st_mode) == 0o600


def test_they_are_not_printed(tmp_path: Path) -> None:
    passwords = load(tmp_path)
    assert passwords.airflow_admin not in repr(passwords)


def test_a_secret_that_a_newer_version_needs_is_added(tmp_path: Path) -> None:
    kept = load(tmp_path).airflow_admin
    known = json.loads(location(tmp_path).read_text())
    del known["airflow_jwt"]
    location(tmp_path).write_text(json.dumps(known))
    again = load(tmp_path)
    assert again.airflow_admin == kept
    assert again.airflow_jwt


def test_a_broken_file_is_named_and_kept(tmp_path: Path) -> None:
    location(tmp_path).write_text("{")
    with pytest.raises(InputError, match=r"secrets\.json is not JSON"):
        load(tmp_path)
    assert location(tmp_path).read_text() == "{"


def test_airflow_reads_the_admins_password(tmp_path: Path) -> None:
    passwords = load(tmp_path)
    write_airflow_logins(tmp_path / "logins.json", passwords)
    logins = json.loads((tmp_path / "logins.json").read_text())
    assert logins == {"admin": passwords.airflow_admin}
