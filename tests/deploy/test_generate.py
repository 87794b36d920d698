from pathlib import Path

import pytest

from deploy.compose.generate import generate, name_folder


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_enters_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    generate(folder)

    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o644}


def test_secrets_differ_and_stay(tmp_path: Path) -> None:
    written = generate(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    (tmp_path / "airflow_jwt").unlink()

    again = generate(tmp_path)

    after = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(written) == set(before) == set(after)
    made = [value for value in before.values() if value]
    assert len(set(made)) == len(made) == 9
    assert again == ["airflow_jwt"]
    assert {name for name in before if before[name] != after[name]} == {"airflow_jwt"}


@pytest.mark.parametrize("name", ["v2ex_token", "service_keys", "service_sentry_dsn"])
def test_what_others_gave_is_taken_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"MLPROJECT_{name.upper()}", "0a1b")

    generate(tmp_path)

    assert (tmp_path / name).read_text() == "0a1b"


def test_the_folder_is_named_beside_other_lines(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("MLPROJECT_AIRFLOW_PORT=8081\nMLPROJECT_SECRETS=elsewhere\n")

    name_folder(env, ".secrets")
    name_folder(env, ".secrets")

    assert env.read_text() == "MLPROJECT_AIRFLOW_PORT=8081\nMLPROJECT_SECRETS=.secrets\n"
