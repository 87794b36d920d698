"""What is noted is written, in order and in time."""

import threading
import time
from collections.abc import Iterator

import pytest

from mlproject.serving import ledger


@pytest.fixture
def kept() -> Iterator[None]:
    ledger.begin()
    yield
    ledger.end()


def test_without_a_beginning_it_is_written_at_once() -> None:
    found: list[int] = []
    ledger.note(found.append, 1)
    assert found == [1]


@pytest.mark.usefixtures("kept")
def test_it_is_written_a_moment_later() -> None:
    found: list[int] = []
    ledger.note(found.append, 1)
    assert not found
    time.sleep(4 * ledger.SECONDS)
    assert found == [1]


@pytest.mark.usefixtures("kept")
def test_what_cannot_be_written_stops_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    found: list[int] = []

    def fail() -> None:
        raise OSError("no space left")

    for _ in range(2):
        ledger.note(fail)
        ledger.note(found.append, 1)
        time.sleep(4 * ledger.SECONDS)
    assert found == [1, 1]
    assert caplog.messages == ["a number could not be counted: OSError"] * 2


@pytest.mark.usefixtures("kept")
def test_whoever_asks_finds_everything_in_order() -> None:
    found: list[int] = []
    for number in range(5):
        ledger.note(found.append, number)
    ledger.write()
    assert found == list(range(5))


def test_at_the_end_nothing_is_lost() -> None:
    found: list[int] = []
    ledger.begin()
    ledger.note(found.append, 1)
    ledger.end()
    assert found == [1]


@pytest.mark.usefixtures("kept")
def test_many_threads_lose_nothing_and_write_nothing_twice() -> None:
    found: list[int] = []

    def work(begin: int) -> None:
        for number in range(begin, begin + 500):
            ledger.note(found.append, number)
            if number % 50 == 0:
                ledger.write()

    threads = [threading.Thread(target=work, args=(500 * each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.write()
    time.sleep(2 * ledger.SECONDS)
    assert sorted(found) == list(range(2000))
