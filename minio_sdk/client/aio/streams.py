"""What gives its answer while it comes: live events, and the rows of S3 Select; for the async client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows.listening import Listening
from minio_sdk.flows.select import Selection
from minio_sdk.models.events import BucketEvent, EventGap
from minio_sdk.models.select import SelectStats

T = TypeVar("T")
L = TypeVar("L", bound="AsyncLiveStream[Any]")


class AsyncLiveStream(Generic[T]):
    """What is told as it happens, without end: an iterator, and a context manager.

    A lost connection is had again by itself; `reconnects` and `last_gap` tell of it. Another task may close
    it, which ends the iteration; so does the end of its client. A task that is cancelled meanwhile closes it
    as well.
    """

    def __init__(self, flow: Listening[T]) -> None:
        self._flow = flow

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._flow.closed

    @property
    def reconnects(self) -> int:
        """How often the connection was lost and had again: so often something may be missing."""
        return self._flow.reconnects

    @property
    def last_gap(self) -> EventGap | None:
        """The last time in which nobody listened; None as long as there was none."""
        return self._flow.gap

    async def connect(self) -> None:
        """Wait until the server listens, so that what happens from then on is told.

        Raises:
            NotSupportedError: the server has nothing of the kind.
            MinIOError: it failed after all retries.
        """
        await AsyncBase._run(self._flow.connect())

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        told = await AsyncBase._run(self._flow.next())
        if told is None:
            raise StopAsyncIteration
        return told

    async def __aenter__(self: L) -> L:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End it and close its connection. Closing again does nothing."""
        self._flow.close()

    def __del__(self) -> None:
        self._flow.close()


class AsyncBucketEvents(AsyncLiveStream[BucketEvent]):
    """The events of a bucket as they happen, without end: an iterator, and a context manager.

    A lost connection is had again by itself; `reconnects` and `last_gap` tell of it. Another task may close
    it, which ends the iteration; so does the end of its client. A task that is cancelled meanwhile closes it
    as well.
    """


class AsyncAdminStream(AsyncLiveStream[T]):
    """What MinIO's servers tell of themselves, without end: an iterator, and a context manager.

    A lost connection is had again by itself; `reconnects` and `last_gap` tell of it. Another task may close
    it, which ends the iteration; so does the end of its client. A task that is cancelled meanwhile closes it
    as well.
    """


class AsyncSelectedRows:
    """What S3 Select finds in an object: an iterator of blocks of bytes, and a context manager.

    A block is as the server sends it: of many rows, or of a part of one. What comes is whole only when the
    iteration ends without an error. Closing it early closes its connection; who reads on is told so by a
    `MinIOConnectionError`.
    """

    def __init__(self, flow: Selection) -> None:
        self._flow = flow

    @property
    def stats(self) -> SelectStats | None:
        """What it has taken; None before its end."""
        return self._flow.stats

    @property
    def progress(self) -> SelectStats | None:
        """How far it is; None as long as the server hasn't told."""
        return self._flow.progress

    async def read(self) -> bytes:
        """All that is left, at once.

        Raises:
            IntegrityError: what came is damaged.
            MinIOError: it failed.
        """
        return await AsyncBase._run(self._flow.rest())

    def rows(self, names: Sequence[str] | None = None) -> AsyncIterator[dict[str, Any]]:
        """The rows that are left, one by one, as dicts.

        Args:
            names: of the fields, for `CsvOutput`, which has none of its own; None takes ``_1``, ``_2``.

        Raises:
            ValidationError: names that don't fit, or a form of CSV that Python doesn't read.
            ServerError: a row can't be read.
            MinIOError: it failed.
        """
        return AsyncBase._iterate(self._flow.rows(names))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        block = await AsyncBase._run(self._flow.next())
        if block is None:
            raise StopAsyncIteration
        return block

    async def __aenter__(self) -> AsyncSelectedRows:
        await AsyncBase._run(self._flow.enter())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End it and close its connection. Closing again does nothing."""
        self._flow.close()
