"""What the programs of a stack are given."""

from pathlib import Path

import pytest

from deploy.stack.passwords import Passwords
from deploy.stack.programs import Stack, programs
from mlproject.settings import Settings

GIVEN = {
    "MLPROJECT_SERVICE_KEYS": "the first of two keys,the second of two keys",
    "MLPROJECT_SERVICE_ORIGINS": "https://one.example,https://two.example",
    "MLPROJECT_SERVICE_SENTRY_DSN": "https://key@sentry.example/1",
    "MLPROJECT_SERVICE_TIMEOUT": "12.5",
    "MLPROJECT_LLM_KEY": '50 % "quoted"',
}


def test_every_setting_reaches_the_service(tmp_path: Path) -> None:
    settings = Settings.from_environment({**GIVEN, "MLPROJECT_HOME": str(tmp_path)})
    (service,) = (
        program
        for program in programs(Stack(settings, Passwords(), None))
        if program.name == "service"
    )
    found = Settings.from_environment(service.environment)
    for name in GIVEN:
        field = name.removeprefix("MLPROJECT_").lower()
        assert getattr(found, field) == getattr(settings, field), name


def test_a_relative_path_is_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=tmp_path, service_keys_file=Path("keys"))
    service = programs(Stack(settings, Passwords(), None))[-1]
    assert service.environment["MLPROJECT_SERVICE_KEYS_FILE"] == str(tmp_path / "keys")
