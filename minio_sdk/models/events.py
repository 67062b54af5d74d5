"""What a server tells as it happens: events of buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.models.record import Record
from minio_sdk.models.secret import freeze

EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectAccessed:*")
"""What is listened to unless a call says otherwise: as minio-py does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEvent(Record):
    """Something that has happened to an object, or to a bucket.

    Attributes:
        name: what, such as ``"s3:ObjectCreated:Put"``.
        bucket, key: where, as the caller writes them; the key of an event about a bucket is empty.
        size: bytes; None where the server doesn't tell, as of an object that was removed or is empty.
        etag: without quotes.
        version_id: on a versioned bucket.
        content_type: such as ``"text/plain"``.
        time: when (aware, UTC).
        sequencer: of two events of one key the later one has the larger one; hexadecimal digits.
        metadata: the user's metadata, names in lower case without ``x-amz-meta-``.
        user: the access key that did it.
        region: where.
        source_host, user_agent: whence it was done.
        request_id: the server's id of the request that did it.
    """

    name: str
    bucket: str
    key: str
    size: int | None = None
    etag: str | None = None
    version_id: str | None = None
    content_type: str | None = None
    time: datetime | None = None
    sequencer: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    region: str | None = None
    source_host: str | None = None
    user_agent: str | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        freeze(self, "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGap(Record):
    """A time in which nobody listened: what happened in it is told by nobody.

    Attributes:
        since: the last sign of life before the connection was lost (aware, UTC; this computer's clock).
        until: when the server listens again.
        reason: why it was lost.
    """

    since: datetime
    until: datetime
    reason: str
