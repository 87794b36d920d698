"""One stack for the tests of this folder: `make demo` on free ports in a temporary folder.

It is down and purged before the other end-to-end tests run stacks of their own.
"""

from collections.abc import Iterator

import pytest

from tests.end_to_end.stack_under_test import StackUnderTest


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackUnderTest, str]]:
    """The running stack after the demo, and what the demo printed."""
    stack = StackUnderTest(tmp_path_factory.mktemp("stack"))
    try:
        done = stack.order("demo")
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        yield stack, done.stdout
    finally:
        ended = stack.order("down")
    assert ended.returncode == 0, ended.stdout
    assert stack.listening() == []
    assert stack.processes() == []
    assert stack.order("purge").returncode == 0
    assert not stack.home.exists()


@pytest.fixture(scope="package")
def stack(demo: tuple[StackUnderTest, str]) -> StackUnderTest:
    return demo[0]


@pytest.fixture(scope="package")
def printed(demo: tuple[StackUnderTest, str]) -> str:
    return demo[1]
