# Made by scripts/make_sync.py from client/aio/streams.py: change that one.
"""What gives its answer while it comes: live events, and the rows of S3 Select; for the blocking client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar

from minio_sdk.client.sync.base import Base
from minio_sdk.flows.listening import Listening
from minio_sdk.flows.select import Selection
from minio_sdk.models.events import BucketEvent, EventGap
from minio_sdk.models.select import SelectStats

T = TypeVar("T")
L = TypeVar("L", bound="LiveStream[Any]")


class LiveStream(Generic[T]):
    """What is told as it happens, without end: an iterator, and a context manager.

    A lost connection is had again by itself; `reconnects` and `last_gap` tell of it. Another thread may close
    it, which ends the iteration; so does the end of its client. An interrupt meanwhile closes it
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

    def connect(self) -> None:
        """Wait until the server listens, so that what happens from then on is told.

        Raises:
            NotSupportedError: the server has nothing of the kind.
            MinIOError: it failed after all retries.
        """
        Base._run(self._flow.connect())

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        told = Base._run(self._flow.next())
        if told is None:
            raise StopIteration
        return told

    def __enter__(self: L) -> L:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it and close its connection. Closing again does nothing."""
        self._flow.close()

    def __del__(self) -> None:
        self._flow.close()


class BucketEvents(LiveStream[BucketEvent]):
    """The events of a bucket as they happen, without end: an iterator, and a context manager.

    A lost connection is had again by itself; `reconnects` and `last_gap` tell of it. Another thread may close
    it, which ends the iteration; so does the end of its client. An interrupt meanwhile closes it
    as well.
    """


class AdminStream(LiveStream[T]):
    """What MinIO's servers tell of themselves, without end: an iterator, and a context manager.

    A lost connection is had again by itself; `reconnects` and `last_gap` tell of it. Another thread may close
    it, which ends the iteration; so does the end of its client. An interrupt meanwhile closes it
    as well.
    """


class SelectedRows:
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

    def read(self) -> bytes:
        """All that is left, at once.

        Raises:
            IntegrityError: what came is damaged.
            MinIOError: it failed.
        """
        return Base._run(self._flow.rest())

    def rows(self, names: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """The rows that are left, one by one, as dicts.

        Args:
            names: of the fields, for `CsvOutput`, which has none of its own; None takes ``_1``, ``_2``.

        Raises:
            ValidationError: names that don't fit, or a form of CSV that Python doesn't read.
            ServerError: a row can't be read.
            MinIOError: it failed.
        """
        return Base._iterate(self._flow.rows(names))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = Base._run(self._flow.next())
        if block is None:
            raise StopIteration
        return block

    def __enter__(self) -> SelectedRows:
        Base._run(self._flow.enter())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it and close its connection. Closing again does nothing."""
        self._flow.close()
