"""A future of the event loop, settled by a thread."""

import asyncio
from threading import Thread

import pytest

from mlproject.serving.outcome import Awaited


def test_a_thread_gives_the_result() -> None:
    async def ask() -> int:
        awaited: Awaited[int] = Awaited()
        Thread(target=awaited.set_result, args=(3,)).start()
        return await asyncio.wait_for(awaited.future, 5)

    assert asyncio.run(ask()) == 3


def test_a_thread_gives_an_error() -> None:
    async def ask() -> int:
        awaited: Awaited[int] = Awaited()
        Thread(target=awaited.set_exception, args=(ValueError("no"),)).start()
        return await asyncio.wait_for(awaited.future, 5)

    with pytest.raises(ValueError, match="no"):
        asyncio.run(ask())


def test_the_first_result_counts() -> None:
    async def ask() -> int:
        awaited: Awaited[int] = Awaited()
        awaited.set_result(1)
        awaited.set_exception(ValueError("too late"))
        return await asyncio.wait_for(awaited.future, 5)

    assert asyncio.run(ask()) == 1


def test_a_thread_sees_that_nobody_waits_any_more() -> None:
    async def ask() -> bool:
        awaited: Awaited[int] = Awaited()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(awaited.future, 0.01)
        awaited.set_result(1)
        await asyncio.sleep(0)
        return awaited.cancelled()

    assert asyncio.run(ask())
