"""`map` and `crew` of the async transport.

The tasks of `map` are for one call, none of which outlives it; those of a crew are for one piece of work
each, and end with it.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from functools import partial
from typing import Any, Generic, TypeVar, cast

from minio_sdk.transport.stopping import Stopped

T = TypeVar("T")
R = TypeVar("R")

_END: Any = object()


async def within(seconds: float | None, work: Awaitable[R]) -> R:
    """The result of `work`, which is cancelled where it takes longer; None lets it take as long as it does.

    Not `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes with the result.

    Raises:
        asyncio.TimeoutError: it has taken longer.
    """
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait([working], timeout=seconds)
        if not working.done():
            raise asyncio.TimeoutError
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    return working.result()


async def done_or_never(function: Callable[..., R], *arguments: Any) -> R:
    """See `minio_sdk.protocols.Transport.finish`."""
    lock = threading.Lock()  # held while the function runs
    wanted = True

    def run() -> R | None:
        with lock:
            return function(*arguments) if wanted else None

    # No task, which the end of `asyncio.run` would cancel while its thread goes on.
    begin = partial(contextvars.copy_context().run, run)
    thread = asyncio.get_running_loop().run_in_executor(None, begin)
    try:
        return cast("R", await asyncio.shield(thread))
    except asyncio.CancelledError:
        if lock.acquire(blocking=False):
            wanted = False
            lock.release()
        else:
            await ended(thread)
        raise
    except GeneratorExit:  # nothing can be awaited any more
        with lock:
            wanted = False
        raise


async def ended(thread: asyncio.Future[Any]) -> None:
    """Wait until a thread has come to its end, whoever is cancelled meanwhile, and whatever its outcome."""
    while not thread.done():
        try:
            await asyncio.wait({thread})
        except asyncio.CancelledError:  # as the caller is already, or is told when this is over
            continue
    if not thread.cancelled():
        thread.exception()


class TaskRelay:
    """See `minio_sdk.protocols.Relay`: all is on one loop, and told at once."""

    def __init__(self, told: Callable[[Any], object]) -> None:
        self._told = told
        self.failure: BaseException | None = None

    def tell(self, news: Any) -> None:
        """Tell it; what goes wrong with that ends the job, and is no failure of the work at hand."""
        if self.failure is not None:
            raise Stopped
        try:
            self._told(news)
        except BaseException as error:
            self.failure = error
            raise Stopped from None


async def map_in_tasks(
    function: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    limit: int,
    done: Callable[[R], object] | None,
    grace: float,
    relay: TaskRelay | None,
) -> list[R]:
    """See `minio_sdk.protocols.Transport.map`."""
    following = _follow(items)
    done_at: dict[int, R] = {}
    numbers = iter(range(1 << 62))
    busy: set[asyncio.Task[Any]] = set()
    failures: list[BaseException] = []

    async def work() -> None:
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        try:
            while not failures:
                # Between taking an item and its number there is no await, so no two tasks share one.
                item = await following()
                if item is _END or failures:
                    return
                number = next(numbers)
                busy.add(me)
                result = done_at[number] = await function(item)
                busy.discard(me)
                if failures:  # of another task, and this one is about to be cancelled
                    return
                if done is not None:
                    done(result)
        except BaseException as error:
            # Not raised here: an interrupt that leaves a task ends the loop, and nobody would clean up.
            failures.append(relay.failure if relay and relay.failure else error)

    tasks = [asyncio.ensure_future(work()) for _ in range(limit)]
    left = set(tasks)
    try:
        while left and not failures:
            _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        if failures:
            raise failures[0]
    except BaseException as error:
        failures.append(error)
        try:
            for task in tasks:
                if task not in busy:
                    task.cancel()
            left = {task for task in tasks if not task.done()}
            if grace and left:
                await asyncio.wait(left, timeout=grace)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        raise
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()
    return [done_at[number] for number in range(len(done_at))]


def _follow(items: Iterable[T] | AsyncIterable[T]) -> Callable[[], Awaitable[T]]:
    """A function that awaits the next item; an async source is asked by one task at a time."""
    if not isinstance(items, AsyncIterable):
        source: Iterator[T] = iter(items)

        async def following() -> T:
            return next(source, _END)

        return following
    turn = asyncio.Lock()
    later: AsyncIterator[T] = items.__aiter__()

    async def following_later() -> T:
        async with turn:
            try:
                return await later.__anext__()
            except StopAsyncIteration:
                return cast("T", _END)

    return following_later


class TaskCrew(Generic[R]):
    """See `minio_sdk.protocols.Crew`.

    Args:
        limit: the most tasks at once.
        grace: seconds that work under way has when this is stopped.
    """

    def __init__(self, limit: int, grace: float) -> None:
        self._limit = limit
        self._grace = grace
        self._tasks: set[asyncio.Task[None]] = set()
        self._results: dict[int, R] = {}
        self._count = 0
        self._failure: BaseException | None = None

    @property
    def failed(self) -> bool:
        """Whether some work has failed."""
        return self._failure is not None

    async def begin(self, work: Callable[[], Awaitable[R]]) -> None:
        """Have it done in a task; waits while as many are at work as may be."""
        await self._wait(self._limit - 1)
        task = asyncio.ensure_future(self._do(self._count, work))
        self._count += 1
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)  # let it begin, though the user may not await anything for long

    async def rest(self) -> bool:
        """Wait until some work that is under way ends; False where there is none."""
        if not self._tasks:
            return False
        await self._wait(len(self._tasks) - 1)
        return True

    async def end(self) -> list[R]:
        """Wait for all of it; the results in order."""
        await self._wait(0)
        return [self._results[number] for number in range(self._count)]

    async def stop(self) -> None:
        """Let nothing more begin, and end what is under way."""
        tasks = set(self._tasks)
        try:
            if tasks and self._grace:
                await asyncio.wait(tasks, timeout=self._grace)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, number: int, work: Callable[[], Awaitable[R]]) -> None:
        try:
            self._results[number] = await work()
        except BaseException as error:
            # Not raised here, as in `map_in_tasks`: the owner hears of it.
            if self._failure is None:
                self._failure = error

    async def _wait(self, most: int) -> None:
        """Until no more than so many are at work; raises what one has failed with."""
        while len(self._tasks) > most and self._failure is None:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        if self._failure is not None:
            raise self._failure
