"""A clock that tests turn by hand: sleeping is recorded and takes no time.

    clock = FakeClock()
    clock.sleep(2)          # returns at once
    clock.slept             # [2]

It has the methods of `minio_sdk.clock.Clock`, so it goes wherever the package takes a clock.
"""

from __future__ import annotations

import asyncio


class FakeClock:
    """Time that stands still until somebody sleeps or `advance`s it; safe to share between threads.

    `time` and `monotonic` start far apart, so that code which mixes them up is found out.
    """

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._epoch = now
        self._advances: list[float] = []
        self.slept: list[float] = []

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        return self._epoch + sum(self._advances)

    def monotonic(self) -> float:
        """Seconds since some moment that has nothing to do with the epoch."""
        return 5_000.0 + sum(self._advances)

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        self._advances.append(seconds)  # one append is atomic, `+=` on a float is not

    def sleep(self, seconds: float, /) -> None:
        """Record the wish and let the time pass at once."""
        if seconds < 0:
            raise ValueError(f"sleep length must not be negative, got {seconds!r}")
        self.slept.append(seconds)
        self.advance(seconds)

    async def asleep(self, seconds: float, /) -> None:
        """The same for a task; the other tasks get their turn, as they do in a real sleep."""
        self.sleep(seconds)
        await asyncio.sleep(0)
