"""Settings from the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from mlproject.errors import InputError
from mlproject.settings import Settings


def test_a_variable_sets_the_field_of_its_name() -> None:
    environ = {"MLPROJECT_HOME": "state", "MLPROJECT_MLFLOW_PORT": "5001", "OTHER": "x"}
    settings = Settings.from_environment(environ)
    assert (settings.home, settings.mlflow_port) == (Path("state"), 5001)


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_environment({"MLPROJECT_BASE_MODEL": ""}).base_model == "bert-base-chinese"


def test_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(InputError, match="MLPROJECT_HOEM is not known"):
        Settings.from_environment({"MLPROJECT_HOEM": "x"})


def test_a_bad_value_is_named() -> None:
    with pytest.raises(InputError, match="MLPROJECT_MLFLOW_PORT '99999'"):
        Settings.from_environment({"MLPROJECT_MLFLOW_PORT": "99999"})


def test_secrets_print_as_stars() -> None:
    settings = Settings.from_environment({"MLPROJECT_V2EX_TOKEN": "abc-secret"})
    assert "abc-secret" not in repr(settings)
    assert settings.v2ex_token.get_secret_value() == "abc-secret"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().threads = 3  # type: ignore[misc]


def test_the_site_is_the_forums_host() -> None:
    assert Settings().site == "v2ex.com"
    assert Settings(v2ex_url="http://127.0.0.1:8098").site == "127.0.0.1"


def test_hosts_are_parted_by_commas() -> None:
    settings = Settings.from_environment({"MLPROJECT_DOWNLOAD_HOSTS": "a.example, B.example:8443,"})
    assert settings.download_hosts == ("a.example", "b.example:8443")
