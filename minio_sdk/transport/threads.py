"""`map`, `spread` and `crew` of the blocking transport.

The threads of `map` are for one call, none of which outlives it; those of a crew are for one piece of work
each, and end with it.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, Generic, TypeVar, cast

from minio_sdk.blocking import iterate, run
from minio_sdk.transport.stopping import Team, Worker, at_work, wait_for_change

T = TypeVar("T")
R = TypeVar("R")


class ThreadRelay:
    """See `minio_sdk.protocols.Relay`: it goes through the queue in which results come."""

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
    """See `minio_sdk.protocols.Transport.map`."""
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
    """See `minio_sdk.protocols.Transport.spread`."""
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


class ThreadCrew(Generic[R]):
    """See `minio_sdk.protocols.Crew`.

    Args:
        limit: the most threads at once.
        grace: seconds that work under way has when this is stopped.
    """

    def __init__(self, limit: int, grace: float) -> None:
        self._limit = limit
        self._grace = grace
        self._team = Team(grace)
        self._changed = threading.Condition()
        self._threads: set[threading.Thread] = set()
        self._results: dict[int, R] = {}
        self._count = 0
        self._failure: BaseException | None = None

    @property
    def failed(self) -> bool:
        """Whether some work has failed."""
        return self._failure is not None

    async def begin(self, work: Callable[[], Awaitable[R]]) -> None:
        """Have it done on a thread; waits while as many are at work as may be."""
        with self._changed:
            self._wait(self._limit - 1)
            self._raise()
            # A daemon: what nobody closed is not stored anyway, and must not keep the interpreter.
            thread = threading.Thread(
                target=copy_context().run,
                args=(self._do, self._count, work),
                name="minio-sdk",
                daemon=True,
            )
            self._count += 1
            self._threads.add(thread)
            try:
                thread.start()
            except RuntimeError:  # there can't be one more
                self._threads.discard(thread)
                raise

    async def rest(self) -> bool:
        """Wait until some work that is under way ends; False where there is none."""
        with self._changed:
            if not self._threads:
                return False
            self._wait(len(self._threads) - 1)
            self._raise()
            return True

    async def end(self) -> list[R]:
        """Wait for all of it; the results in order."""
        with self._changed:
            self._wait(0)
            self._raise()
        self._team.end(failed=False)
        return [self._results[number] for number in range(self._count)]

    async def stop(self) -> None:
        """Let nothing more begin, and end what is under way."""
        try:
            self._team.wait(self._grace)
        finally:
            self._team.stop()
            for thread in list(self._threads):
                if thread.is_alive():
                    thread.join()
            self._team.end(failed=True)

    def _do(self, number: int, task: Callable[[], Awaitable[R]]) -> None:
        try:
            self._results[number] = work(self._team, lambda _: task(), None)
        except BaseException as error:
            if self._failure is None:
                self._failure = error
        finally:
            with self._changed:
                self._threads.discard(threading.current_thread())
                self._changed.notify_all()

    def _wait(self, most: int) -> None:
        """Until no more than so many are at work, or one has failed."""
        while len(self._threads) > most and self._failure is None:
            if not any(thread.is_alive() for thread in self._threads):
                # In a forked child, which has none of its parent's; others leave the set before they end.
                self._failure = RuntimeError("what was under way is with the parent process")
                return
            wait_for_change(self._changed)

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure
