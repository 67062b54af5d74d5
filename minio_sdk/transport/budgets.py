"""How many bytes a client holds in memory at once, for all its uploads and downloads together.

A budget is shared by all views of one connection pool. Who asks first is served first; who asks for more
than there is gets all of it, alone. Nobody may ask for a second grant while waiting could keep others
from giving theirs back: see `minio_sdk.flows.leases`.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from weakref import WeakKeyDictionary

from minio_sdk.transport.stopping import check_running

_LOOK = 0.2
"""Seconds between two looks at whether the one who waits has been told to stop."""


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
        self._free = self.capacity
        self._queue: deque[object] = deque()

    @property
    def free(self) -> int:
        """Bytes that nobody holds."""
        return self._free

    async def take(self, size: int, *, wait: bool = True) -> None:
        """Wait for `size` bytes; with `wait=False` take them even if they aren't there."""
        cost = min(size, self.capacity)
        with self._changed:
            if not wait or (not self._queue and self._free >= cost):
                self._free -= cost
                return
            me = object()
            self._queue.append(me)
            try:
                while self._queue[0] is not me or self._free < cost:
                    self._changed.wait(_LOOK)
                    check_running()
                self._free -= cost
            finally:
                self._queue.remove(me)
                self._changed.notify_all()

    def give(self, size: int) -> None:
        """Give back what was taken with the same size."""
        with self._changed:
            self._free += min(size, self.capacity)
            self._changed.notify_all()


class AsyncByteBudget:
    """For tasks: each event loop has a budget of its own.

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
        return self._here().free

    def _here(self) -> _OfLoop:
        loop = asyncio.get_running_loop()
        found = self._of_loops.get(loop)
        if found is None:
            found = self._of_loops[loop] = _OfLoop(self.capacity)
        return found

    async def take(self, size: int, *, wait: bool = True) -> None:
        """Wait for `size` bytes; with `wait=False` take them even if they aren't there."""
        cost = min(size, self.capacity)
        here = self._here()
        if not wait or (not here.queue and here.free >= cost):
            here.free -= cost
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        here.queue.append((granted, cost))
        try:
            await granted
        except BaseException:
            if granted.done() and not granted.cancelled():  # it came together with the cancellation
                here.free += cost
            here.serve()
            raise

    def give(self, size: int) -> None:
        """Give back what was taken with the same size."""
        here = self._here()
        here.free += min(size, self.capacity)
        here.serve()


class _OfLoop:
    """What is free on one loop, and who waits for it."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.queue: deque[tuple[asyncio.Future[None], int]] = deque()

    def serve(self) -> None:
        """Grant what can be granted, in the order in which it was asked for."""
        while self.queue:
            waiting, cost = self.queue[0]
            if not waiting.done():
                if cost > self.free:
                    return
                self.free -= cost
                waiting.set_result(None)
            self.queue.popleft()
