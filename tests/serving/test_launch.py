"""The command that serves a Bento."""

from mlproject.serving.launch import command
from mlproject.settings import Settings


def test_only_this_machine_may_ask_by_default() -> None:
    assert Settings().bind == "127.0.0.1"
    given = list(command("legal:1", Settings()))
    assert given[given.index("--host") + 1] == "127.0.0.1"
    assert given[given.index("--port") + 1] == "3000"


def test_another_address_is_handed_on() -> None:
    given = list(command("legal:1", Settings(bind="::1", service_port=4000)))
    assert given[-4:] == ["--host", "::1", "--port", "4000"]
