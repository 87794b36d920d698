import os
import secrets
import subprocess
from pathlib import Path

import psycopg2
import pytest

from deploy.compose.generate import generate
from deploy.stack.postgres import SUPERUSER, Server
from tests.deploy.rendered_compose import REPOSITORY

SCRIPT = REPOSITORY / "deploy" / "compose" / "databases.sh"
ROLES = {
    "mlproject": "postgres_project",
    "airflow": "postgres_airflow",
    "mlflow": "postgres_mlflow",
}


def run(server: Server, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", str(SCRIPT)],
        env={
            "PATH": f"{server.install / 'bin'}:{os.environ['PATH']}",
            "SECRETS_FOLDER": str(folder),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGUSER": SUPERUSER,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def login(server: Server, role: str, password: str, database: str) -> None:
    psycopg2.connect(
        host="127.0.0.1", port=server.port, user=role, password=password, dbname=database
    ).close()


def test_each_database_has_a_role_and_a_password_of_its_own(
    postgres: Server, tmp_path: Path
) -> None:
    generate(tmp_path)
    (tmp_path / "postgres_superuser").write_text(postgres.password)

    for _ in range(2):  # once to create, once more on what is there
        (tmp_path / "postgres_airflow").write_text(f"it's {secrets.token_urlsafe(8)}")
        done = run(postgres, tmp_path)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "")

    for role, name in ROLES.items():
        password = (tmp_path / name).read_text()
        login(postgres, role, password, role)
        for other in ROLES.keys() - {role}:
            with pytest.raises(psycopg2.OperationalError, match="permission denied"):
                login(postgres, role, password, other)


@pytest.mark.parametrize("name", ["postgres_superuser", *ROLES.values()])
def test_a_missing_secret_ends_it(postgres: Server, tmp_path: Path, name: str) -> None:
    generate(tmp_path)
    (tmp_path / name).unlink()

    done = run(postgres, tmp_path)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert str(tmp_path / name) in line
    assert "make secrets" in line
