"""Runs flows without an event loop.

The blocking transport's methods are coroutines that never suspend, so one `send(None)` takes a flow
from its first line to its last: plain tracebacks, no loop, safe in threads and in notebooks. A flow that
does suspend has been given something that only works on the async client.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


def run(flow: Coroutine[Any, Any, T], value: Any = None) -> T:
    """The result of a flow that never suspends.

    Args:
        flow: the flow.
        value: what one that was put aside goes on with.

    Raises:
        RuntimeError: it did suspend; raised in the flow too, where it awaits, so that it cleans up.
    """
    try:
        flow.send(value)
    except StopIteration as stop:
        result: T = stop.value
        return result
    return refuse(flow)


def refuse(flow: Coroutine[Any, Any, Any]) -> NoReturn:
    """End a flow that has suspended, where it awaits.

    Raises:
        RuntimeError: always, unless the flow raises something else.
    """
    error = RuntimeError(
        "the blocking client was given something to await; use AsyncMinIOClient for async iterators"
    )
    try:
        # Not close(): before Python 3.13 that leaves an async generator half-way for ever.
        flow.throw(error)
    except StopIteration:
        pass
    finally:
        flow.close()
    raise error


def iterate(flow: AsyncIterator[T]) -> Generator[T, None, None]:
    """The items of an async generator that never suspends, lazily."""
    try:
        while True:
            try:
                item = run(_next(flow))
            except StopAsyncIteration:
                return
            yield item
            del item  # or a piece is in memory while the next one is fetched
    finally:
        close = getattr(flow, "aclose", None)
        if close is not None:
            run(close())


async def _next(flow: AsyncIterator[T]) -> T:
    return await flow.__anext__()
