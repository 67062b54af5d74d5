"""`map` of the async transport: a few tasks for one call, none of which outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from typing import Any, TypeVar, cast

from minio_sdk.transport.stopping import Stopped

T = TypeVar("T")
R = TypeVar("R")

_END: Any = object()


class TaskRelay:
    """See `minio_sdk.engine.Relay`: all is on one loop, and told at once."""

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
    """See `minio_sdk.engine.Transport.map`."""
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
