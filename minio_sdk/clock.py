"""Time as an argument: what signing and retrying read, so that tests give them another one."""

from __future__ import annotations

import time as _time
from typing import Protocol


class Clock(Protocol):
    """What the package asks of time. `SystemClock` is the real one."""

    def time(self) -> float:
        """Seconds since the Unix epoch, for signatures."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, for deadlines."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait in a thread."""
        ...

    async def asleep(self, seconds: float, /) -> None:
        """Wait in a task."""
        ...


class SystemClock:
    """The computer's clock."""

    __slots__ = ()
    time = staticmethod(_time.time)
    monotonic = staticmethod(_time.monotonic)
    sleep = staticmethod(_time.sleep)

    async def asleep(self, seconds: float, /) -> None:
        """Wait in a task of the running asyncio loop."""
        import asyncio  # only the async client pays for loading it

        await asyncio.sleep(seconds)


SYSTEM_CLOCK = SystemClock()
