"""MinIO's live events as they come: lines of JSON, blank ones or empty lists to show that it lives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from minio_sdk.errors import ServerError
from minio_sdk.models.events import BucketEvent
from minio_sdk.wire.headers import META, iso_date, unquoted
from minio_sdk.wire.metadata import read_metadata
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

MAX_LINE = 1024 * 1024
"""Bytes of a line; an event has a few thousand, a key of 1,024 in escapes and 2 KiB of metadata included."""


class Lines:
    """Splits what comes into lines, and keeps at most one that has no end yet.

    Args:
        longest: bytes of a line.
    """

    __slots__ = ("_longest", "_pieces", "_size")

    def __init__(self, longest: int = MAX_LINE) -> None:
        self._longest = longest
        self._pieces: list[bytes] = []
        self._size = 0

    @property
    def partial(self) -> bool:
        """Whether there is one that has no end yet."""
        return self._size > 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that have come to their end, without blanks around; empty ones are left out.

        Raises:
            ServerError: a line that is longer than any event.
        """
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._keep(line)
            whole = b"".join(self._pieces).strip()
            self._pieces, self._size = [], 0
            if whole:
                yield whole
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        if not self._size:
            piece = piece.lstrip()  # blanks keep the connection open, for days if need be
        if not piece:
            return
        self._size += len(piece)
        if self._size > self._longest:
            raise ServerError(f"an event of more than {self._longest} bytes")
        self._pieces.append(piece)


def records(line: bytes) -> list[dict[str, Any]]:
    """The events of a line as JSON has them; none of one that only shows life.

    Raises:
        ServerError: it isn't what MinIO sends.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise _strange() from None
    events = found.get("Records", found.get("records")) if isinstance(found, dict) else found
    if events is None and isinstance(found, dict):
        return []
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise _strange()
    return events


def _strange() -> ServerError:
    return ServerError(
        "what came is no event of MinIO's", hint="check base_url: is there a proxy on the way?"
    )


def names_of(record: dict[str, Any]) -> tuple[str, str]:
    """The server's names of the bucket and the key that an event is about.

    Raises:
        ServerError: it has none, or they are no texts.
    """
    try:
        s3 = Told(record).told("s3")
        bucket, key = s3.told("bucket").text("name"), s3.told("object").text("key")
    except XmlError:
        raise _strange() from None
    if not bucket:
        raise _strange()
    return bucket, key


def event_of(record: dict[str, Any], bucket: str, key: str) -> BucketEvent:
    """An event with the tenant's names.

    Args:
        record: as it came.
        bucket, key: what the tenant calls them.

    Raises:
        ServerError: a member is not what it should be.
    """
    try:
        return _event(Told(record), bucket, key)
    except XmlError:
        raise _strange() from None


def _event(whole: Told, bucket: str, key: str) -> BucketEvent:
    found, source = whole.told("s3").told("object"), whole.told("source")
    given = found.told("userMetadata").plain
    texts = {name.lower(): value for name, value in given.items() if isinstance(value, str)}
    # Names as HTTP writes them, with and without the prefix that marks a user's own.
    metadata = read_metadata({name: value for name, value in texts.items() if META in name})
    return BucketEvent(
        name=whole.text("eventName"),
        bucket=bucket,
        key=key,
        size=None if found.plain.get("size") is None else found.number("size"),
        etag=unquoted(found.text("eTag")),
        version_id=found.text("versionId") or None,
        content_type=found.text("contentType") or None,
        time=iso_date(whole.text("eventTime")),
        sequencer=found.text("sequencer") or None,
        metadata=metadata,
        user=whole.told("userIdentity").text("principalId") or None,
        region=whole.text("awsRegion") or None,
        source_host=source.text("host") or None,
        user_agent=source.text("userAgent") or None,
        request_id=whole.told("responseElements").text("x-amz-request-id") or None,
    )
