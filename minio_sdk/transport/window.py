"""`map` for much work of which each piece asks little: flows take turns on the caller's thread.

A flow begins in the window. Where it sends a small request, it is put aside until the answer is there, and
another one goes on; see `minio_sdk.transport.in_flight`. At the first thing that would block, which is
anything else, it moves to a thread of its own and goes on there as it would have in `map_in_threads`: so
does a flow whose request wasn't answered plainly at once, with that as its first attempt.

So there is one meaning of everything, that of the flows; what goes by the window is only quicker.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from minio_sdk.blocking import iterate, refuse, run
from minio_sdk.protocols import AtHand, Relay
from minio_sdk.transport.begun import Begun
from minio_sdk.transport.budgets import ByteBudget
from minio_sdk.transport.in_flight import InFlight
from minio_sdk.transport.stopping import Stopped, Team, Worker, at_work
from minio_sdk.transport.threads import ThreadCrew, ThreadRelay
from minio_sdk.wire.message import Reply, Request

if TYPE_CHECKING:
    from minio_sdk.transport.feeds import ThreadFeed
    from minio_sdk.transport.http_requests import RequestsTransport

T = TypeVar("T")
R = TypeVar("R")

_NOWHERE = -1  # no thread has this number
_TURN = 0.002  # seconds that new items may be taken before answers are looked for again


class _Wish:
    """What a flow waits for: the first attempt of a request, or without one a thread of its own."""

    __slots__ = ("deadline", "request")

    def __init__(self, request: Request | None = None, deadline: float | None = None) -> None:
        self.request = request
        self.deadline = deadline


_TO_A_THREAD = _Wish()


@coroutine
def _granted(wish: _Wish) -> Generator[_Wish, Any, Any]:
    return (yield wish)


class Lane:
    """The transport as the flows of one window see it.

    Args:
        inner: what sends otherwise.
    """

    def __init__(self, inner: RequestsTransport) -> None:
        self.inner = inner
        self.signing = inner.signing
        self.clock = inner.clock
        self.ways = inner.ways
        self.memory = _Memory(self, inner.memory)
        self.thread: int | None = None
        """The window's thread, while flows may be put aside on it."""

    async def move(self) -> None:
        """From here on this flow may block."""
        if self.thread == threading.get_ident():
            await _granted(_TO_A_THREAD)

    async def send(self, request: Request, deadline: float | None) -> Reply:
        """The answer to a request, after retries."""
        if self.thread != threading.get_ident():
            return await self.inner.send(request, deadline)
        found = await _granted(_Wish(request, deadline))
        if found is None:
            return await self.inner.send(request, deadline)
        if isinstance(found, Begun):
            return self.inner.resume(request, deadline, found)
        reply: Reply = found
        return reply

    async def map(
        self,
        function: Callable[[T], Awaitable[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
        *,
        grace: float = 0.0,
        relay: Relay | None = None,
    ) -> list[R]:
        """That of the window, for who has made it; for its flows, that of threads."""
        if self.thread is None and not grace:
            return _map(self, function, items, limit, done, cast("_Relay | None", relay))
        await self.move()
        return await self.inner.map(function, items, limit, done, grace=grace, relay=relay)

    def relay(self, told: Callable[[Any], object]) -> Relay:
        """Carries news to the thread that calls `map`."""
        return _Relay(told) if self.thread is None else self.inner.relay(told)

    async def spread(
        self,
        submit: Callable[[T], Future[R]],
        items: Iterable[T] | AsyncIterable[T],
        limit: int,
        done: Callable[[R], object] | None = None,
    ) -> list[R]:
        """What becomes of each item where `submit` takes it."""
        await self.move()
        return await self.inner.spread(submit, items, limit, done)

    def feed(self) -> ThreadFeed:
        """The inner one's: what flows in a window ask for is small, and is all read at once."""
        return self.inner.feed()

    def crew(self, limit: int, *, grace: float = 0.0) -> ThreadCrew[Any]:
        """Work on threads beside the caller's, which is not to be the window's."""
        return self.inner.crew(limit, grace=grace)

    def lane(self) -> Lane:
        """Another window, for a flow of this one's."""
        return Lane(self.inner)

    async def sleep(self, seconds: float) -> None:
        """Wait in a thread."""
        await self.move()
        await self.inner.sleep(seconds)

    async def call(self, function: Callable[..., R], *arguments: Any) -> R:
        """The result of `function`, which may block."""
        await self.move()
        return await self.inner.call(function, *arguments)

    async def finish(self, function: Callable[..., R], *arguments: Any) -> R:
        """The same."""
        return await self.call(function, *arguments)

    async def close(self) -> None:
        """Nothing: it is the inner one's to close."""


class _Memory:
    """The budget, for which only threads wait."""

    def __init__(self, lane: Lane, budget: ByteBudget) -> None:
        self._lane = lane
        self._budget = budget
        self.capacity = budget.capacity
        self.ask = budget.ask
        self.move = budget.move
        self.give = budget.give

    def here(self) -> _Memory:
        return self

    async def take(self, size: int, *, wait: bool = True) -> None:
        if wait:
            await self._lane.move()
        await self._budget.take(size, wait=wait)

    async def take_aside(self, size: int) -> bool:
        await self._lane.move()
        return await self._budget.take_aside(size)

    async def keep(self, size: int, patience: float) -> bool:
        if patience > 0:
            await self._lane.move()
        return await self._budget.keep(size, patience)


class _Relay(ThreadRelay):
    """Carries news to the thread of a window, and wakes it."""

    heard: Callable[[Any], None] | None = None

    def tell(self, news: Any) -> None:
        if self.heard is not None:
            self.heard(news)


class _Job:
    """A flow under way, and the context that is its own on whichever thread."""

    __slots__ = ("_turn", "begun", "context", "flow", "index", "wish")

    def __init__(self, index: int, flow: Any) -> None:
        self.index = index
        self.flow = flow
        self.context = copy_context()
        self.wish = _TO_A_THREAD
        self.begun: Begun | None = None
        self._turn = threading.Lock()

    def claim(self) -> bool:
        """Whether it is the caller's to bring to its end; only the first hears so.

        An interrupt may come when a thread has it already and the window doesn't know that yet.
        """
        return self._turn.acquire(blocking=False)

    def end(self) -> None:
        """Let it clean up, since it isn't wanted any more."""
        if not self.claim():
            return
        try:
            self.context.run(self.flow.throw, Stopped())
        except BaseException:  # noqa: S110 - what led here is the news
            pass
        finally:
            self.flow.close()
            if self.begun is not None:
                self.begun.drop()


class _Watch(Worker):
    """Wakes the window when its team is stopped from above."""

    def __init__(self, team: Team, wake: Callable[[], None]) -> None:
        super().__init__(team)
        self._wake = wake

    def cut(self) -> None:
        self._wake()


def _map(
    lane: Lane,
    function: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    limit: int,
    done: Callable[[R], object] | None,
    relay: _Relay | None,
) -> list[R]:
    """See `minio_sdk.protocols.Transport.map`."""
    team = Team()
    failed = True
    try:
        with ThreadPoolExecutor(limit, thread_name_prefix="minio-sdk") as executor:
            window: _Window[Any] = _Window(lane, function, limit, done, relay, team, executor)
            try:
                window.run(items)
            except BaseException:
                try:
                    team.stop()
                finally:
                    window.stop()
                raise
            finally:
                window.close()
        failed = False
    finally:
        if failed:
            team.wait(None)  # for a thread whose start was interrupted too: no executor knows it
        team.end(failed=failed)
    return window.results()


class _Window(Generic[R]):
    """The flows of one call of `map`, at most `limit` of which are under way."""

    def __init__(
        self,
        lane: Lane,
        function: Callable[[Any], Awaitable[R]],
        limit: int,
        done: Callable[[R], object] | None,
        relay: _Relay | None,
        team: Team,
        executor: ThreadPoolExecutor,
    ) -> None:
        self._lane = lane
        self._function = function
        self._limit = limit
        self._done = done
        self._relay = relay
        self._team = team
        self._executor = executor
        self._flight = InFlight(lane.inner)
        self._results: dict[int, R] = {}
        self._count = 0
        self._busy = 0
        self._aside: dict[int, _Job] = {}  # flows that are not on threads, by number
        self._ready: deque[_Job] = deque()  # those of them that wait for a connection first
        self._threads: dict[Future[R], _Job] = {}
        self._news: deque[Any] = deque()  # what ended on threads, and what relays carry
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._rung = False
        self._watch = None if team.parent is None else _Watch(team, self._ring)

    def results(self) -> list[R]:
        """What became of each item, in order."""
        return [self._results[index] for index in range(self._count)]

    def run(self, items: Iterable[Any] | AsyncIterable[Any]) -> None:
        """Have all done; the first error ends it."""
        lazy, at_hand = isinstance(items, AsyncIterable), isinstance(items, AtHand)
        source = iterate(cast("AsyncIterator[Any]", items)) if lazy else iter(items)  # type: ignore[arg-type]
        if self._relay is not None:
            self._relay.heard = self._hear
        if self._watch is not None:
            self._hang_bell()
            self._team.join(self._watch)
        self._lane.thread = threading.get_ident()
        ended = self._flight.ended
        try:
            more = True
            while True:
                if self._team.stopped.is_set():
                    raise Stopped
                wait = not (self._ready or (more and self._busy < self._limit))
                if wait and not self._busy:
                    break
                self._flight.look(wait and not self._news)
                if self._flight.woken:
                    self._hush()
                while ended:
                    self._go_on(*ended.popleft())
                if self._news:
                    self._hear_all()
                ready = self._ready
                while ready and not self._flight.crowded:
                    self._begin(ready.popleft())
                if more:
                    self._flight.holds = at_hand
                    more = self._fill(source)
                    self._flight.holds = False
                    self._flight.flush()
        finally:
            close = getattr(source, "close", None)
            if close is not None and lazy:
                close()

    def _fill(self, source: Iterator[Any]) -> bool:
        """Take items as far as there are places for them; whether there are more."""
        began = time.monotonic()
        while self._busy < self._limit and not self._ready:
            if self._flight.crowded:
                break
            try:
                item = next(source)
            except StopIteration:
                return False
            job = self._aside[self._count] = _Job(self._count, self._function(item))
            del item
            self._count += 1
            self._busy += 1
            self._go_on(job, None)
            if time.monotonic() - began > _TURN:  # the source is slow, and answers may be there
                break
        return True

    def _go_on(self, job: _Job, outcome: Reply | Begun | None) -> None:
        """Let a flow go on, up to where it waits again."""
        if isinstance(outcome, Begun):
            job.begun = outcome
            self._to_a_thread(job)
            return
        try:
            wish = job.context.run(job.flow.send, outcome)
        except StopIteration as stop:
            self._ended(job.index, stop.value)
            return
        if type(wish) is not _Wish:  # an await of something that only a loop could end
            job.context.run(refuse, job.flow)
        job.wish = wish
        if wish.request is None or not self._flight.takes(wish.request):
            self._to_a_thread(job)
        elif self._flight.crowded or self._ready:
            self._ready.append(job)
        else:
            self._begin(job)

    def _begin(self, job: _Job) -> None:
        wish = job.wish
        assert wish.request is not None  # else it would be on a thread
        if not self._flight.begin(wish.request, wish.deadline, job):
            self._to_a_thread(job)

    def _ended(self, index: int, result: R) -> None:
        self._busy -= 1
        self._aside.pop(index, None)
        self._results[index] = result
        if self._news:  # what the flow has told comes before its end
            self._hear_all()
        if self._done is not None:
            self._flight.flush()  # it may be the user's, and take its time
            self._done(result)

    # --- threads ---------------------------------------------------------------------------------

    def _to_a_thread(self, job: _Job) -> None:
        self._hang_bell()
        self._flight.lend()
        future = self._executor.submit(job.context.run, _on_thread, self._team, job)
        self._threads[future] = job
        del self._aside[job.index]
        future.add_done_callback(self._hear)

    def _hang_bell(self) -> None:
        """Let there be a bell, which threads ring."""
        if self._bell is None:
            bell = socket.socketpair()
            for end in bell:
                end.setblocking(False)
            self._flight.watch(bell[0])
            self._bell = bell

    def _hush(self) -> None:
        assert self._bell is not None  # it was rung
        try:
            self._bell[0].recv(64)
        except BlockingIOError:
            pass
        self._rung = False  # before the news are heard, or some would ring in vain

    def _hear(self, news: Any) -> None:
        self._news.append(news)
        self._ring()

    def _ring(self) -> None:
        if self._rung or self._lane.thread == threading.get_ident() or self._bell is None:
            return
        self._rung = True
        try:
            self._bell[1].send(b"!")
        except OSError:  # it has rung already, or it is over
            return

    def _hear_all(self) -> None:
        news = self._news
        while news:
            found = news.popleft()
            if isinstance(found, Future):
                job = self._threads.pop(found)
                self._ended(job.index, found.result())
            elif self._relay is not None:
                self._relay.told(found)

    # --- the end ---------------------------------------------------------------------------------

    def stop(self) -> None:
        """The rest is no longer wanted."""
        self._lane.thread = _NOWHERE
        self._flight.close()
        for future, job in list(self._threads.items()):
            if future.cancel():
                job.end()
        for job in list(self._aside.values()):
            job.end()

    def close(self) -> None:
        """Be done with it; threads may still be at work."""
        self._lane.thread = _NOWHERE
        if self._relay is not None:
            self._relay.heard = None
        if self._watch is not None:
            self._team.leave(self._watch)
        self._flight.close()
        bell, self._bell = self._bell, None
        for end in bell or ():
            end.close()


def _on_thread(team: Team, job: _Job) -> Any:
    """Let a flow go on, on this thread, so that the team can stop it."""
    worker = Worker(team)
    at_work(worker)
    team.join(worker)
    if not job.claim():
        team.leave(worker)
        return None
    try:
        try:
            worker.begin()
        except Stopped as stopped:
            worker.told = True
            job.flow.throw(stopped)
        return run(job.flow, job.begun)
    finally:
        team.leave(worker)
        if job.begun is not None:
            job.begun.drop()
