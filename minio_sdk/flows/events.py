"""MinIO's live events: listens, and listens again when the connection is lost.

What happens while nobody listens is told by nobody, so each such gap is told instead (`EventGap`).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    NotSupportedError,
    ServerError,
    ValidationError,
    as_class,
    invalid,
)
from minio_sdk.flows import buckets
from minio_sdk.models.events import BucketEvent, EventGap
from minio_sdk.models.given import whole
from minio_sdk.models.names import check_prefix
from minio_sdk.operation import Place
from minio_sdk.operations.buckets import HeadBucket, ListBuckets
from minio_sdk.operations.listen_notification import ListenNotification
from minio_sdk.retry import LONGEST_RETRY_AFTER, RETRIED_CODES, RETRIED_STATUSES
from minio_sdk.wire.event_lines import Lines, event_of, names_of, records

MISSED_PINGS, SLACK = 3, 5.0
"""A connection is dead after so many signs of life that didn't come, and so many seconds more."""

_NOT_THERE_YET = 0.002
"""Seconds; what takes longer to be read has come meanwhile."""

_EVENT = re.compile(r"s3:[A-Za-z*]+(?::[A-Za-z*]+)*", re.ASCII)


class Events:
    """The events of a bucket, or of all of them, one by one.

    Args:
        engine: sends; its deadline is not for this, which has no end.
        bucket: None for all.
        prefix, suffix: of the keys.
        events: which.
        ping: seconds between two signs of life.
        reconnect_for: seconds for which a lost connection is tried to be had again; None for ever.
        on_reconnect: told of each gap.

    Attributes:
        reconnects: how often the connection was lost and had again.
        gap: the last time in which nobody listened.

    Raises:
        ValidationError, NotSupportedError: before anything is sent.
    """

    def __init__(
        self,
        engine: Engine,
        bucket: str | None,
        prefix: str,
        suffix: str,
        events: Iterable[str],
        ping: int,
        reconnect_for: float | None,
        on_reconnect: Callable[[EventGap], object] | None,
    ) -> None:
        if engine.deadline is not None:  # then this engine is a copy for this very call
            engine.deadline = None
        self._engine = engine
        self._place = _place(engine, bucket)
        self._prefix = check_prefix(prefix)
        self._suffix = check_prefix(suffix, "suffix")
        self._events = _events(events)
        whole(ping, "ping", 1)
        if reconnect_for is not None and (
            isinstance(reconnect_for, bool)
            or not isinstance(reconnect_for, (int, float))
            or not reconnect_for >= 0
        ):
            raise invalid("reconnect_for", reconnect_for, "must be seconds, or None for ever")
        if on_reconnect is not None and not callable(on_reconnect):
            raise invalid("on_reconnect", on_reconnect, "must be a function of a gap")
        asked = self._prefix if bucket is not None or not self._place.prefix else ""
        self._operation = ListenNotification(self._place, self._events, asked, self._suffix, ping)
        self._operation.request()  # what it refuses is refused now
        self._patience = MISSED_PINGS * ping + SLACK
        self._reconnect_for = reconnect_for
        self._on_reconnect = on_reconnect
        self._clock = engine.transport.clock
        self._feed = engine.transport.feed()
        self._lines: Lines | None = None  # while there is a connection
        self._queue: deque[BucketEvent] = deque()
        self._failures = 0
        self._opened = self._alive = 0.0  # monotonic; when the connection was had, and lived last
        self._lived = 0.0  # the same moment since 1970; 0 before the first connection
        self._reason = ""
        self._probing = False
        self._failure: MinIOError | None = None
        self._untold: EventGap | None = None
        self.reconnects = 0
        self.gap: EventGap | None = None

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

    async def next(self) -> BucketEvent | None:
        """The next event; None when it was closed."""
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
            raise MinIOConnectionError("the server has ended the events")
        self._breathes(waited=self._clock.monotonic() - asked)
        try:
            for line in self._lines.feed(data):
                for record in records(line):
                    event = self._own(record)
                    if event is not None:
                        self._queue.append(event)
        except MinIOError as error:
            self._failure = error  # after what has come before it

    def _breathes(self, waited: float) -> None:
        self._alive = self._clock.monotonic()
        if waited >= _NOT_THERE_YET:  # what was there already has come at any time before
            self._lived = self._clock.time()
        if self._alive - self._opened >= self._engine.config.base_delay:
            self._failures = 0

    async def _open(self) -> None:
        engine, place = self._engine, self._place
        first = not self._lived
        # An ordinary question first: it is tried again by all the rules, and any answer says that the
        # server is there, and that clock and keys are right.
        self._probing = True
        if place.prefix and place.bucket is not None:
            await buckets.check(engine, self._operation, now=True)
        else:
            try:
                if place.server_bucket:
                    await engine.send(HeadBucket(place))
                else:
                    await engine.send(ListBuckets(place))
            except AccessDeniedError:  # some may listen and no more
                pass
        self._probing = False
        try:
            await engine.open(self._operation, self._feed, self._patience)
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
        self._lines, self._opened = Lines(), self._clock.monotonic()
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

    def _own(self, record: dict[str, Any]) -> BucketEvent | None:
        """An event with the tenant's names; None of one that wasn't asked for.

        Raises:
            ServerError: it is about what isn't the tenant's, which is never shown.
        """
        place = self._place
        server_bucket, name = names_of(record)
        if place.server_bucket and server_bucket != place.server_bucket:
            place.check_name(server_bucket)
            raise ServerError("the server tells of another bucket than was asked for")
        # Events have names as forms have them; MinIO's live ones have had them plain for long, and a
        # name that is plain must not be unquoted. Only the tenant's prefix tells which of the two it is.
        if place.prefix and name.startswith(quote_plus(place.prefix)):
            name = unquote_plus(name)
        bucket, key = place.bucket, place.key_back(name)
        if bucket is None:
            bucket = server_bucket
            if place.prefix:
                bucket, _, key = key.partition("/")
                if not _is_bucket(self._engine, bucket):
                    return None  # markers, tags, snapshots
        event = event_of(record, bucket, key)
        asked = any(_means(wanted, event.name) for wanted in self._events)
        fits = key.startswith(self._prefix) and key.endswith(self._suffix)
        return event if asked and fits else None


def _place(engine: Engine, bucket: str | None) -> Place:
    if bucket is not None:
        return engine.place(bucket)
    place = engine.scope.server
    registry = engine.scope.registry()
    if registry is not None:
        return Place(None, registry.server_bucket, f"{place.slug}/", registry.path, place.slug)
    if engine.config.tenant_id is not None:
        raise NotSupportedError(
            "the server tells of all buckets or of one, and with tenancy='bucket' all are many "
            "tenants'",
            operation=ListenNotification.name,
            tenant_id=engine.config.tenant_id,
            hint="one listen_bucket() for each bucket, or tenancy='prefix'",
        )
    return place


def _events(given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise invalid("events", given, "must be a list of events")
    found = tuple(given)
    for event in found:
        if not isinstance(event, str) or not _EVENT.fullmatch(event):
            raise invalid("events", event, "must be like 's3:ObjectCreated:*'")
    if not found:
        raise invalid("events", found, "must have one at least")
    return tuple(dict.fromkeys(found))


def _passing(error: MinIOError) -> bool:
    """Whether a failure may be over some time later."""
    if isinstance(error, MinIOConnectionError):
        return not error.permanent
    return error.status in RETRIED_STATUSES or error.code in RETRIED_CODES


def _is_bucket(engine: Engine, name: str) -> bool:
    try:
        engine.place(name)
    except ValidationError:
        return False
    return True


def _means(wanted: str, name: str) -> bool:
    """Whether an event is one of those that a name with a star stands for; AWS leaves out ``s3:``."""
    wanted, name = wanted.removeprefix("s3:"), name.removeprefix("s3:")
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
