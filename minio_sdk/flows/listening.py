"""Answers without end: they are read while they come, and asked for again when the connection is lost.

What happens while nobody listens is told by nobody, so each such gap is told instead (`EventGap`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import ClassVar, Generic, TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    NotSupportedError,
    as_class,
    invalid,
)
from minio_sdk.models.events import EventGap
from minio_sdk.operation import Operation
from minio_sdk.retry import LONGEST_RETRY_AFTER, RETRIED_CODES, RETRIED_STATUSES
from minio_sdk.wire.event_lines import Lines

T = TypeVar("T")

_NOT_THERE_YET = 0.002
"""Seconds; what takes longer to be read has come meanwhile."""


class Listening(Generic[T]):
    """What a server tells while it happens, one by one.

    Args:
        engine: sends; its deadline is not for this, which has no end.
        operation: the question; it is refused now if it is a bad one.
        patience: seconds of silence after which a connection counts as lost.
        reconnect_for: seconds for which a lost connection is tried to be had again; None for ever.
        on_reconnect: told of each gap.

    Attributes:
        reconnects: how often the connection was lost and had again.
        gap: the last time in which nobody listened.

    Raises:
        ValidationError, NotSupportedError: before anything is sent.
    """

    what: ClassVar[str]
    """What is told, for messages."""
    longest: ClassVar[int]
    """Bytes of one line of it."""

    def __init__(
        self,
        engine: Engine,
        operation: Operation[None],
        patience: float,
        reconnect_for: float | None,
        on_reconnect: Callable[[EventGap], object] | None,
    ) -> None:
        if engine.deadline is not None:  # then this engine is a copy for this very call
            engine.deadline = None
        if reconnect_for is not None and (
            isinstance(reconnect_for, bool)
            or not isinstance(reconnect_for, (int, float))
            or not reconnect_for >= 0
        ):
            raise invalid("reconnect_for", reconnect_for, "must be seconds, or None for ever")
        if on_reconnect is not None and not callable(on_reconnect):
            raise invalid("on_reconnect", on_reconnect, "must be a function of a gap")
        operation.request()  # what it refuses is refused now
        self._engine = engine
        self._operation = operation
        self._patience = patience
        self._reconnect_for = reconnect_for
        self._on_reconnect = on_reconnect
        self._clock = engine.transport.clock
        self._feed = engine.transport.feed()
        self._lines: Lines | None = None  # while there is a connection
        self._queue: deque[T] = deque()
        self._failures = 0
        self._opened = self._alive = 0.0  # monotonic; when the connection was had, and lived last
        self._lived = 0.0  # the same moment since 1970; 0 before the first connection
        self._reason = ""
        self._probing = False
        self._failure: MinIOError | None = None
        self._untold: EventGap | None = None
        self.reconnects = 0
        self.gap: EventGap | None = None

    async def _probe(self) -> None:
        """An ordinary question, tried again by all the rules: any answer says that the server is there, and
        that clock and keys are right.

        Raises:
            MinIOError: it isn't, or has nothing to listen to.
        """
        raise NotImplementedError

    def _read(self, line: bytes) -> Iterable[T]:
        """What a line tells.

        Raises:
            MinIOError: it is not what the server should tell.
        """
        raise NotImplementedError

    def _again(self) -> Operation[None]:
        """The question when the connection was lost."""
        return self._operation

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._feed.closed

    def close(self) -> None:
        """End it, from anywhere."""
        self._feed.close()

    async def connect(self) -> None:
        """Wait until the server listens, unless it does already."""
        await self._until(lambda: self._lines is not None)

    async def next(self) -> T | None:
        """What is told next; None when it was closed."""
        await self._until(lambda: bool(self._queue))
        return None if self.closed else self._queue.popleft()

    async def _until(self, enough: Callable[[], bool]) -> None:
        try:
            while not self.closed and not enough():
                try:
                    await self._step()
                except MinIOError as error:
                    if self.closed:
                        return
                    await self._lost(error)
                if self._untold is not None:
                    gap, self._untold = self._untold, None
                    if self._on_reconnect is not None:
                        self._on_reconnect(gap)
        except BaseException:  # a cancellation or an interrupt as well: it can't be gone on with
            self.close()
            raise

    async def _step(self) -> None:
        """Connect, or read something."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        if self._lines is None:
            await self._open()
            return
        asked = self._clock.monotonic()
        data = await self._feed.read()
        if not data:
            raise MinIOConnectionError(f"the server has ended the {self.what}")
        self._breathes(waited=self._clock.monotonic() - asked)
        try:
            for line in self._lines.feed(data):
                self._queue.extend(self._read(line))
        except MinIOError as error:
            self._failure = error  # after what has come before it

    def _breathes(self, waited: float) -> None:
        self._alive = self._clock.monotonic()
        if waited >= _NOT_THERE_YET:  # what was there already has come at any time before
            self._lived = self._clock.time()
        if self._alive - self._opened >= self._engine.config.base_delay:
            self._failures = 0

    async def _open(self) -> None:
        first = not self._lived
        self._probing = True
        await self._probe()
        self._probing = False
        question = self._operation if first else self._again()
        try:
            await self._engine.open(question, self._feed, self._patience)
        except MinIOTimeoutError as error:
            if first:
                raise as_class(
                    error,
                    NotSupportedError,
                    f"the server takes the question and tells nothing, no sign of life either, in "
                    f"{self._patience:.0f} seconds",
                    "some builds of MinIO (October 2025 to February 2026) and some proxies hold events "
                    "back; another build, or a proxy that doesn't buffer",
                ) from None
            raise
        self._lines, self._opened = Lines(self.longest), self._clock.monotonic()
        if first:
            self._breathes(waited=_NOT_THERE_YET)
            return
        self.reconnects += 1
        since, until = (
            datetime.fromtimestamp(when, timezone.utc) for when in (self._lived, self._clock.time())
        )
        self.gap = self._untold = EventGap(since=since, until=until, reason=self._reason)
        self._lived = until.timestamp()

    async def _lost(self, error: MinIOError) -> None:
        """Wait before the next try, or give up.

        Raises:
            MinIOError: trying again is of no use, or was for too long.
        """
        engine, self._lines = self._engine, None
        self._feed.drop()
        engine.named(error, self._operation)
        silent = self._clock.monotonic() - self._alive
        limit = self._reconnect_for
        wait = error.retry_after or 0.0
        # Before the first connection, what went wrong with the question before it was tried again already.
        early = not self._lived and (self._probing or self._failures >= engine.config.max_retries)
        if (
            early
            or not _passing(error)
            or wait > LONGEST_RETRY_AFTER
            or (limit is not None and silent >= limit and self._lived)
        ):
            raise error
        self._reason = error.message
        brief = self._clock.monotonic() - self._opened < engine.config.base_delay
        if self._failures or brief or not self._lived:
            self._failures += 1
            await self._feed.pause(self._failures, wait)
        else:  # it had gone well: nothing is to be missed that needn't
            self._failures = 1


def _passing(error: MinIOError) -> bool:
    """Whether a failure may be over some time later."""
    if isinstance(error, MinIOConnectionError):
        return not error.permanent
    return error.status in RETRIED_STATUSES or error.code in RETRIED_CODES
