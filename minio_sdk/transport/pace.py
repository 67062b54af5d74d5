"""Bodies that come or go too slowly: `Config.low_speed_limit`.

`timeout` ends what brings nothing at all; a byte now and then would keep a call for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minio_sdk.config import Config
from minio_sdk.errors import MinIOTimeoutError


class Pace:
    """The speed that is asked for.

    Args:
        limit: bytes per second.
        seconds: the time over which they are counted.
        now: the monotonic clock.
    """

    __slots__ = ("limit", "now", "seconds")

    def __init__(self, limit: int, seconds: float, now: Callable[[], float]) -> None:
        self.limit = limit
        self.seconds = seconds
        self.now = now

    def too_slow(self) -> MinIOTimeoutError:
        """What is said of a body that was given up."""
        return MinIOTimeoutError(
            f"the body came or went at less than {self.limit} bytes per second for {self.seconds} seconds",
            hint="a smaller low_speed_limit, or a longer low_speed_time",
        )


def pace_of(config: Config, now: Callable[[], float]) -> Pace | None:
    """The speed that a configuration asks for, if any."""
    limit = config.low_speed_limit
    return None if limit is None else Pace(limit, config.low_speed_time, now)


class Meter:
    """Counts the bytes of one body."""

    __slots__ = ("_count", "_pace", "_since")

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._count = 0
        self._since = pace.now()

    @property
    def left(self) -> float:
        """Seconds until the speed is looked at."""
        return max(0.0, self._since + self._pace.seconds - self._pace.now())

    def restart(self) -> None:
        """What was before was no body."""
        self._count, self._since = 0, self._pace.now()

    def add(self, count: int) -> None:
        """So many more have come.

        Raises:
            MinIOTimeoutError: they were too few.
        """
        self._count += count
        now = self._pace.now()
        took = now - self._since
        if took >= self._pace.seconds:
            if self._count < self._pace.limit * took:
                raise self._pace.too_slow()
            self._count, self._since = 0, now


class Paced:
    """A socket whose bytes are counted, as far as `minio_sdk.transport.direct` uses one."""

    _BLOCK = 64 * 1024

    def __init__(self, sock: Any, pace: Pace) -> None:
        self._sock = sock
        self._meter = Meter(pace)
        self._timeout: float | None = sock.gettimeout()
        self._begun = False

    def gettimeout(self) -> float | None:
        """Seconds to wait for each block."""
        return self._timeout

    def settimeout(self, seconds: float) -> None:
        """Wait so long for each block."""
        self._timeout = seconds

    def sendall(self, data: Any) -> None:
        """Send all of it."""
        view = memoryview(data).cast("B")
        while view:
            view = view[self._timed(self._sock.send, view[: self._BLOCK]) :]

    def recv(self, size: int) -> bytes:
        """What has come."""
        if not self._begun:  # the time that the server thinks is none of the body's
            self._begun = True
            self._sock.settimeout(self._timeout)
            data: bytes = self._sock.recv(size)
            self._meter.restart()
            return data
        taken = bytearray(min(size, self._BLOCK))
        return bytes(taken[: self.recv_into(taken)])

    def recv_into(self, buffer: Any) -> int:
        """Put what has come into a buffer; how much."""
        self._begun = True
        return self._timed(self._sock.recv_into, buffer)

    def _timed(self, function: Callable[[Any], int], argument: Any) -> int:
        meter, timeout = self._meter, self._timeout
        while True:
            left = meter.left
            last = timeout is not None and timeout <= left
            self._sock.settimeout(timeout if last else max(0.001, left))
            try:
                count = function(argument)
            except TimeoutError:
                meter.add(0)
                if last:
                    raise
                timeout = None if timeout is None else max(0.001, timeout - left)
            else:
                meter.add(count)
                return count
