"""`map` and `spread` of the blocking transport: a few threads for one call, none of which outlives it."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, TypeVar, cast

from minio_sdk.blocking import iterate, run
from minio_sdk.transport.stopping import Team, Worker, at_work

T = TypeVar("T")
R = TypeVar("R")


class ThreadRelay:
    """See `minio_sdk.engine.Relay`: it goes through the queue in which results come."""

    def __init__(self, told: Callable[[Any], object]) -> None:
        self.told = told
        self.queue: SimpleQueue[Any] = SimpleQueue()

    def tell(self, news: Any) -> None:
        """Have it told on the thread that waits for results."""
        self.queue.put(news)


def map_in_threads(
    function: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    limit: int,
    done: Callable[[R], object] | None,
    grace: float,
    relay: ThreadRelay | None,
) -> list[R]:
    """See `minio_sdk.engine.Transport.map`."""
    team = Team(grace)
    failed = True
    try:
        with ThreadPoolExecutor(limit, thread_name_prefix="minio-sdk") as executor:

            def submit(item: T) -> Future[R]:
                return executor.submit(copy_context().run, work, team, function, item)

            try:
                results = spread(submit, items, limit, done, relay)
            except BaseException:
                try:
                    # Not for the futures: an interrupt may come before the newest is known.
                    team.wait(grace)
                finally:
                    team.stop()
                raise
        failed = False
    finally:
        if failed:
            team.wait(None)  # for a thread whose start was interrupted too: no executor knows it
        team.end(failed=failed)
    return results


def _unheard(_: Any) -> None:
    """Nobody tells anything."""


def _failed(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is not None


def work(team: Team, function: Callable[[T], Awaitable[R]], item: T) -> R:
    """Do it on this thread, so that the team can stop it; in a context of its own."""
    worker = Worker(team)
    at_work(worker)
    team.join(worker)
    try:
        worker.begin()
        flow: Any = function(item)
        result: R = run(flow)
        return result
    finally:
        team.leave(worker)


def spread(
    submit: Callable[[T], Future[R]],
    items: Iterable[T] | AsyncIterable[T],
    limit: int,
    done: Callable[[R], object] | None,
    relay: ThreadRelay | None = None,
) -> list[R]:
    """See `minio_sdk.engine.Transport.spread`."""
    source = (
        iterate(cast("AsyncIterator[T]", items))
        if isinstance(items, AsyncIterable)
        else iter(items)
    )
    waiting: dict[Future[R], int] = {}
    relay = relay or ThreadRelay(_unheard)
    finished = relay.queue  # much cheaper than `wait` for each
    done_at: dict[int, R] = {}
    count = 0
    try:
        while True:
            # The source is taken from only as fast as places become free, and not after an error.
            while len(waiting) < limit and not any(map(_failed, waiting)):
                try:
                    item = next(source)
                except StopIteration:
                    break
                future = submit(item)
                waiting[future] = count
                future.add_done_callback(finished.put)
                count += 1
                del item
            if not waiting:
                break
            future = finished.get()
            if not isinstance(future, Future):
                relay.told(future)
                continue
            result = done_at[waiting.pop(future)] = future.result()
            if done is not None:
                done(result)
    except BaseException:
        for future in waiting:
            future.cancel()
        raise
    finally:
        close = getattr(source, "close", None)
        if close is not None and isinstance(items, AsyncIterable):
            close()
    return [done_at[index] for index in range(count)]
