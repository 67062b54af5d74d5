"""MinIO's live events: of a bucket, or of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    NotSupportedError,
    ServerError,
    ValidationError,
    invalid,
)
from minio_sdk.flows import buckets
from minio_sdk.flows.listening import Listening
from minio_sdk.models.event_names import check_event
from minio_sdk.models.events import BucketEvent, EventGap
from minio_sdk.models.given import whole
from minio_sdk.models.names import check_prefix
from minio_sdk.operation import Place
from minio_sdk.operations.buckets import HeadBucket, ListBuckets
from minio_sdk.operations.listen_notification import ListenNotification
from minio_sdk.wire.event_lines import MAX_LINE, event_of, names_of, records

MISSED_PINGS, SLACK = 3, 5.0
"""A connection is dead after so many signs of life that didn't come, and so many seconds more."""


class Events(Listening[BucketEvent]):
    """The events of a bucket, or of all of them, one by one.

    Args:
        engine: sends; its deadline is not for this, which has no end.
        bucket: None for all.
        prefix, suffix: of the keys.
        events: which.
        ping: seconds between two signs of life.
        reconnect_for: seconds for which a lost connection is tried to be had again; None for ever.
        on_reconnect: told of each gap.

    Raises:
        ValidationError, NotSupportedError: before anything is sent.
    """

    what = "events"
    longest = MAX_LINE

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
        self._place = _place(engine, bucket)
        self._prefix = check_prefix(prefix)
        self._suffix = check_prefix(suffix, "suffix")
        self._events = _events(events)
        whole(ping, "ping", 1)
        asked = self._prefix if bucket is not None or not self._place.prefix else ""
        operation = ListenNotification(self._place, self._events, asked, self._suffix, ping)
        patience = MISSED_PINGS * ping + SLACK
        super().__init__(engine, operation, patience, reconnect_for, on_reconnect)

    async def _probe(self) -> None:
        engine, place = self._engine, self._place
        if place.prefix and place.bucket is not None:
            await buckets.check(engine, self._operation, now=True)
            return
        try:
            if place.server_bucket:
                await engine.send(HeadBucket(place))
            else:
                await engine.send(ListBuckets(place))
        except AccessDeniedError:  # some may listen and no more
            pass

    def _read(self, line: bytes) -> Iterator[BucketEvent]:
        for record in records(line):
            event = self._own(record)
            if event is not None:
                yield event

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
    found = tuple(check_event(event, "events") for event in given)
    if not found:
        raise invalid("events", found, "must have one at least")
    return tuple(dict.fromkeys(found))


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
