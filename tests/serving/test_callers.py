"""The project's own callers, where the service asks for an API key."""

import io
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from deploy.images import health
from deploy.stack import demo, lifecycle
from deploy.stack.passwords import Passwords
from deploy.stack.programs import Stack
from deploy.stack.progress import Progress
from mlproject.errors import InputError
from mlproject.serving.keys import bearing
from mlproject.settings import Settings
from tests.serving.conftest import Site

KEYS = ("the first of two keys", "the second of two keys")


@pytest.fixture
def stack(site: Site, tmp_path: Path) -> Stack:
    """A stack whose service asks for one of the keys."""
    settings = Settings(home=tmp_path, service_keys=",".join(KEYS))
    port = urlsplit(site.start(settings)).port
    return Stack(settings.model_copy(update={"service_port": port}), Passwords(), None)


def test_the_demo_asks_with_a_key(stack: Stack) -> None:
    out = io.StringIO()
    demo.ask(stack, ("公司拖欠工资",), Progress(out))
    assert "answered by model version 3" in out.getvalue()


def test_the_version_is_seen_with_a_key(stack: Stack) -> None:
    said: list[str] = []
    lifecycle.wait_for_version(stack, "3", said.append, seconds=30)
    assert said == []


def test_a_probe_needs_no_key(stack: Stack) -> None:
    assert health.main(f"{stack.address['service']}/readyz") is None


def test_the_first_key_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# clients\n{KEYS[1]}\n")
    assert bearing(Settings()) == {}
    assert bearing(Settings(service_keys_file=file)) == {"Authorization": f"Bearer {KEYS[1]}"}
    both = Settings(service_keys=",".join(KEYS), service_keys_file=file)
    assert bearing(both) == {"Authorization": f"Bearer {KEYS[0]}"}


def test_a_file_of_keys_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MLPROJECT_SERVICE_KEYS_FILE"):
        bearing(Settings(service_keys_file=tmp_path / "nothing"))


def test_a_caller_without_a_key_is_refused(stack: Stack) -> None:
    answer = requests.get(f"{stack.address['service']}/model", timeout=10)
    assert answer.status_code == 401
