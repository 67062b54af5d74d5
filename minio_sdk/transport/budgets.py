"""How many bytes a client holds in memory at once, for all its uploads and downloads together.

A budget is shared by all views of one connection pool. Three kinds of bytes are counted:

* `take`: those of a transfer under way. Who asks first is served first; who asks for more than there is
  gets all of it, alone. Nobody may ask for a second grant while waiting could keep others from giving
  theirs back: see `minio_sdk.flows.leases`.
* `ask`: those that a handle keeps between two calls of the user's. They come back when the user likes,
  so nobody ever waits for them alone: there is half of the budget for them, or none.
* `keep`: those of an upload that collects what somebody else sends. They come back when the sender likes, so
  they are counted as the handles' are; whoever finds no room for such bytes waits for a moment only.
* `take_aside`: those of one request for such a handle. It never waits for a transfer that may be waiting
  for this very user: one of them at a time is let in beyond the capacity.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections import deque
from weakref import WeakKeyDictionary

from minio_sdk.transport.stopping import wait_for_change


class _Account:
    """Who has how much.

    Attributes:
        capacity: bytes.
        held: bytes that transfers have.
        kept: bytes that handles keep.
        aside: whether somebody is in beyond the capacity.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held = self.kept = 0
        self.aside = False

    @property
    def free(self) -> int:
        """Bytes that nobody has."""
        return self.capacity - self.held - self.kept

    def fits(self, cost: int) -> bool:
        """Whether a transfer can have so many: also when all there is lies with handles."""
        return cost <= self.free or not self.held

    def ask(self, size: int) -> bool:
        """Keep `size` bytes more, if there is room for them."""
        if size > self.free or self.kept + size > self.capacity // 2:
            return False
        self.kept += size
        return True

    def keep(self, size: int) -> bool:
        """As `ask`; where nothing else is kept, also for more than half."""
        if self.kept:
            return self.ask(size)
        if size > self.free:
            return False
        self.kept += size
        return True

    def moved(self, size: int) -> None:
        """What was kept is now under way."""
        self.kept = max(0, self.kept - size)
        self.held += size

    def given(self, size: int, *, kept: bool, aside: bool) -> None:
        """Some is back. In a forked child it may be more than was ever taken here."""
        if kept:
            self.kept = max(0, self.kept - size)
        else:
            self.held = max(0, self.held - min(size, self.capacity))
        if aside:
            self.aside = False


class ByteBudget:
    """For threads.

    Attributes:
        capacity: bytes.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.renew()

    def renew(self) -> None:
        """Begin anew, as a forked child must: the threads that held something are not in it."""
        self._changed = threading.Condition()
        self._account = _Account(self.capacity)
        self._queue: deque[object] = deque()

    @property
    def free(self) -> int:
        """Bytes that nobody holds."""
        return self._account.free

    def here(self) -> ByteBudget:
        """This one: it is the same for all threads."""
        return self

    async def take(self, size: int, *, wait: bool = True) -> None:
        """Wait for `size` bytes; with `wait=False` take them even if they aren't there."""
        cost = min(size, self.capacity)
        with self._changed:
            account = self._account
            if not wait or (not self._queue and account.fits(cost)):
                account.held += cost
                return
            me = object()
            self._queue.append(me)
            try:
                while self._queue[0] is not me or not account.fits(cost):
                    wait_for_change(self._changed)
                account.held += cost
            finally:
                self._queue.remove(me)
                self._changed.notify_all()

    async def take_aside(self, size: int) -> bool:
        """Wait for `size` bytes, or for one's turn to go beyond; whether it is beyond."""
        cost = min(size, self.capacity)
        with self._changed:
            account = self._account
            while (self._queue or cost > account.free) and account.aside:
                wait_for_change(self._changed)
            aside = bool(self._queue) or cost > account.free
            account.aside |= aside
            account.held += cost
            return aside

    def ask(self, size: int) -> bool:
        """Keep `size` bytes between two calls of the user's, if there is room; never waits."""
        with self._changed:
            return self._account.ask(size)

    async def keep(self, size: int, patience: float) -> bool:
        """As `ask`, waiting for it so many seconds; where nothing else is kept, also more than half."""
        end = time.monotonic() + patience
        with self._changed:
            while not self._account.keep(size):
                if time.monotonic() >= end:
                    return False
                wait_for_change(self._changed)
            return True

    def move(self, size: int) -> None:
        """What was kept is now under way."""
        with self._changed:
            self._account.moved(size)
            self._changed.notify_all()

    def give(self, size: int, *, kept: bool = False, aside: bool = False) -> None:
        """Give back what was taken with the same size."""
        with self._changed:
            self._account.given(size, kept=kept, aside=aside)
            self._changed.notify_all()


class AsyncByteBudget:
    """For tasks: each event loop has a budget of its own, which `here` gives.

    Attributes:
        capacity: bytes.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.renew()

    def renew(self) -> None:
        """Begin anew, as a forked child must."""
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _OfLoop] = WeakKeyDictionary()

    @property
    def free(self) -> int:
        """Bytes that nobody on the running loop holds."""
        return self.here().free

    def here(self) -> _OfLoop:
        """That of the running loop."""
        loop = asyncio.get_running_loop()
        found = self._of_loops.get(loop)
        if found is None:
            found = self._of_loops[loop] = _OfLoop(self.capacity, loop)
        return found


class _OfLoop:
    """What is free on one loop, and who waits for it.

    Attributes:
        capacity: bytes.
    """

    def __init__(self, capacity: int, loop: asyncio.AbstractEventLoop) -> None:
        self.capacity = capacity
        self._account = _Account(capacity)
        self._loop = weakref.ref(loop)
        self._queue: deque[tuple[asyncio.Future[None], int]] = deque()
        self._aside: deque[tuple[asyncio.Future[bool], int]] = deque()
        self._keepers: deque[tuple[asyncio.Future[None], int]] = deque()

    @property
    def free(self) -> int:
        """Bytes that nobody holds."""
        return self._account.free

    def here(self) -> _OfLoop:
        """This one."""
        return self

    async def take(self, size: int, *, wait: bool = True) -> None:
        """Wait for `size` bytes; with `wait=False` take them even if they aren't there."""
        cost = min(size, self.capacity)
        if not wait or (not self._queue and self._account.fits(cost)):
            self._account.held += cost
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((granted, cost))
        try:
            await granted
        except BaseException:
            if granted.done() and not granted.cancelled():  # it came together with the cancellation
                self._account.held -= cost
            self._serve()
            raise

    async def take_aside(self, size: int) -> bool:
        """Wait for `size` bytes, or for one's turn to go beyond; whether it is beyond."""
        cost = min(size, self.capacity)
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._aside.append((granted, cost))
        self._serve()
        try:
            return await granted
        except BaseException:
            if granted.done() and not granted.cancelled():
                self._account.given(cost, kept=False, aside=granted.result())
            self._serve()
            raise

    def ask(self, size: int) -> bool:
        """Keep `size` bytes between two calls of the user's, if there is room; never waits."""
        return self._account.ask(size)

    async def keep(self, size: int, patience: float) -> bool:
        """As `ask`, waiting for it so many seconds; where nothing else is kept, also more than half."""
        if not self._keepers and self._account.keep(size):
            return True
        if patience <= 0:
            return self._account.keep(size)
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = (granted, size)
        self._keepers.append(waiting)
        try:
            await asyncio.wait((granted,), timeout=patience)
        except BaseException:
            if granted.done():
                self._account.given(size, kept=True, aside=False)
            raise
        finally:
            if not granted.done():
                self._keepers.remove(waiting)
            self._serve()
        return granted.done()

    def move(self, size: int) -> None:
        """What was kept is now under way."""
        self._account.moved(size)
        self._serve()

    def give(self, size: int, *, kept: bool = False, aside: bool = False) -> None:
        """Give back what was taken with the same size; from anywhere, since the collector may do it."""
        loop = self._loop()
        if loop is None or loop.is_closed():
            return
        if loop.is_running() and asyncio._get_running_loop() is not loop:
            try:
                loop.call_soon_threadsafe(self._give, size, kept, aside)
            except RuntimeError:  # it was closed meanwhile
                return
        else:
            self._give(size, kept, aside)

    def _give(self, size: int, kept: bool, aside: bool) -> None:
        self._account.given(size, kept=kept, aside=aside)
        self._serve()

    def _serve(self) -> None:
        """Grant what can be granted, in the order in which it was asked for."""
        account = self._account
        while self._queue:
            waiting, cost = self._queue[0]
            if not waiting.done():
                if not account.fits(cost):
                    break
                account.held += cost
                waiting.set_result(None)
            self._queue.popleft()
        while self._aside:
            turn, cost = self._aside[0]
            if not turn.done():
                beyond = bool(self._queue) or cost > account.free
                if beyond and account.aside:
                    break
                account.aside |= beyond
                account.held += cost
                turn.set_result(beyond)
            self._aside.popleft()
        while self._keepers and account.keep(self._keepers[0][1]):
            self._keepers.popleft()[0].set_result(None)
