"""What somebody waits for on an event loop while other threads work on it."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

Result = TypeVar("Result")
Given = TypeVar("Given", contravariant=True)


class Outcome(Protocol[Given]):
    """What a thread may do with a future, be it of threads or of an event loop."""

    def cancelled(self) -> bool:
        """Whether nobody waits any more."""

    def set_result(self, result: Given, /) -> None: ...

    def set_exception(self, exception: BaseException, /) -> None: ...


class Awaited(Generic[Result]):
    """A future of the running loop, settled from any thread; the first to settle it counts.

    ``asyncio.wrap_future`` does the same with two futures, a lock and three callbacks.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Result] = self._loop.create_future()

    def cancelled(self) -> bool:
        return self.future.cancelled()

    def set_result(self, result: Result, /) -> None:
        self._loop.call_soon_threadsafe(self._settle, self.future.set_result, result)

    def set_exception(self, exception: BaseException, /) -> None:
        self._loop.call_soon_threadsafe(self._settle, self.future.set_exception, exception)

    def _settle(self, settle: Callable[[Any], None], value: Any) -> None:
        if not self.future.done():
            settle(value)
