"""The stack's secrets: generated once, kept in one file that only its owner can read."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from mlproject.errors import InputError


def _password() -> str:
    return secrets.token_urlsafe(18)


def _fernet() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Passwords:
    """One secret each; none is shown when the object is printed."""

    airflow_admin: str = field(default_factory=_password, repr=False)
    postgres_superuser: str = field(default_factory=_password, repr=False)
    postgres_project: str = field(default_factory=_password, repr=False)
    postgres_airflow: str = field(default_factory=_password, repr=False)
    postgres_mlflow: str = field(default_factory=_password, repr=False)
    airflow_jwt: str = field(default_factory=_password, repr=False)
    airflow_api: str = field(default_factory=_password, repr=False)
    airflow_fernet: str = field(default_factory=_fernet, repr=False)
    standin_token: str = field(default_factory=_password, repr=False)


def location(home: Path) -> Path:
    return home / "secrets.json"


def load(home: Path) -> Passwords:
    """The secrets of this state folder; those that are missing are generated and written."""
    path = location(home)
    known: dict[str, str] = {}
    if path.is_file():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise InputError(
                f"{path} is not JSON: restore it, or remove the state folder"
            ) from None
    names = {entry.name for entry in fields(Passwords)}
    passwords = Passwords(**{name: value for name, value in known.items() if name in names})
    if asdict(passwords) != known:
        _write(path, json.dumps(asdict(passwords), indent=2) + "\n")
    return passwords


def write_airflow_logins(path: Path, passwords: Passwords) -> None:
    """The file that Airflow's SimpleAuthManager reads: user -> password."""
    _write(path, json.dumps({"admin": passwords.airflow_admin}))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
