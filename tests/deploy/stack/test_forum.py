"""The forum that the stack crawls."""

from pathlib import Path

from deploy.stack.forum import LABELS, REAL_TOPICS, stand_in
from deploy.stack.passwords import Passwords
from deploy.stack.programs import Stack, programs
from mlproject.settings import Settings


def command(tmp_path: Path, data: Path | None) -> tuple[str, ...]:
    stack = Stack(Settings(home=tmp_path / "home"), Passwords(), stand_in(data, 10))
    (found,) = (program.command for program in programs(stack) if program.name == "standin")
    return found


def test_posts_with_a_label_are_served_first(tmp_path: Path) -> None:
    (tmp_path / REAL_TOPICS).touch()
    found = command(tmp_path, tmp_path)
    assert found[found.index("--first") + 1] == str(LABELS)
    assert LABELS.is_file()


def test_the_bundled_posts_have_no_order_of_their_own(tmp_path: Path) -> None:
    assert "--first" not in command(tmp_path, None)
