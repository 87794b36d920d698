"""The seam: exit codes and files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("MLPROJECT_")}


def step(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mlproject", *arguments],
        env=CLEAN | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_result_is_written_as_json(database: object, tmp_path: Path) -> None:
    url = database.database_url.get_secret_value()  # type: ignore[attr-defined]
    result = tmp_path / "deep" / "out.json"
    done = step("migrate", "--result", str(result), MLPROJECT_DATABASE_URL=url)
    assert done.returncode == 0
    assert list(json.loads(result.read_text())) == ["revision"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "must be a JSON object"),
        ('{"colour": 1}', "colour is not known"),
        ('{"max_topics": -1}', "max_topics -1"),
    ],
)
def test_a_wrong_input_ends_with_2_and_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "in.json"
    path.write_text(text)
    done = step("export", "--inputs", str(path))
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_database_that_is_down_ends_with_75() -> None:
    done = step("migrate", MLPROJECT_DATABASE_URL="postgresql://a:b@127.0.0.1:1/c")
    assert done.returncode == 75
    assert "cannot be reached" in done.stderr


def test_the_password_of_the_database_is_never_printed() -> None:
    url = "postgresql://a:hush-hush@127.0.0.1:1/c"
    assert "hush-hush" not in step("migrate", MLPROJECT_DATABASE_URL=url).stderr


def test_an_input_of_a_verb_can_be_an_option(tmp_path: Path) -> None:
    done = step("export", "--diff", "one", "two", MLPROJECT_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "dataset 'one': no such folder" in done.stderr


def test_an_option_belongs_to_its_verb_alone() -> None:
    done = step("migrate", "--diff", "one", "two")
    assert done.returncode == 2
    assert "'two': give inputs as --KEY VALUE" in done.stderr


def test_the_options_of_a_verb_are_in_its_help() -> None:
    assert "--diff A B" in step("export", "--help").stdout
