"""The objects of a snapshot, one by one: how they are written down, and compared with what there is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import NotFoundError
from minio_sdk.flows import listing
from minio_sdk.models.names import check_key, check_version_id
from minio_sdk.models.results import ObjectInfo
from minio_sdk.operation import Place
from minio_sdk.operations.object_tagging import GetObjectTagging
from minio_sdk.wire.quirks import lists_versions


@dataclass(frozen=True, slots=True)
class Entry:
    """One object in a snapshot.

    Attributes:
        key: its key.
        size: bytes.
        etag: of the object.
        modified: when the object was written, as listings say it.
        version_id: on a versioned bucket, which version it is.
        copy: on other buckets, the number of the copy.
        copy_etag: the copy's ETag, which is another one where the object was uploaded in parts.
        tags: its tags; None when they weren't asked for.
    """

    key: str
    size: int
    etag: str | None = None
    modified: str | None = None
    version_id: str | None = None
    copy: int | None = None
    copy_etag: str | None = None
    tags: dict[str, str] | None = None

    @classmethod
    def of(cls, found: ObjectInfo, **more: Any) -> Entry:
        """The entry of an object in a listing."""
        return cls(found.key, found.size, found.etag, modified(found), **more)

    @classmethod
    def read(cls, line: bytes) -> Entry:
        """The entry of a line.

        Raises:
            ValueError, TypeError: it is none.
        """
        entry = cls(**json.loads(line))
        number = entry.copy  # becomes part of a key
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            raise TypeError
        check_key(entry.key)
        if entry.version_id is not None:
            check_version_id(entry.version_id)
        return entry

    def line(self) -> bytes:
        """The entry as a line of JSON."""
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def modified(found: ObjectInfo) -> str | None:
    """When an object of a listing was written, as text."""
    return found.last_modified.isoformat() if found.last_modified else None


async def tags_of(
    engine: Engine, place: Place, key: str, version_id: str | None = None
) -> dict[str, str]:
    """The tags of an object that is known to be there."""
    try:
        return await engine.send(GetObjectTagging(place, key, version_id))
    except NotFoundError as error:
        if error.code == "NoSuchTagSet":
            return {}
        raise


async def current(engine: Engine, place: Place, versioned: bool) -> AsyncIterator[ObjectInfo]:
    """What a bucket has now; with versions where a listing can be trusted with them."""
    if not versioned or not lists_versions(engine.api.server):
        async for item in listing.objects(engine, place):
            yield item
        return
    async for item in listing.versions(engine, place):
        if item.is_latest and not item.is_delete_marker:
            yield item


def same_bytes(one: Entry, other: Entry) -> bool:
    """Whether two entries of a key are of the same bytes, as far as ETags tell."""
    etags = {one.etag, one.copy_etag} - {None}
    return one.size == other.size and bool(etags & {other.etag, other.copy_etag})


def same_writing(one: Entry, other: Entry) -> bool:
    """Whether two entries of a key are of the very same writing of it."""
    if one.version_id and other.version_id:
        return one.version_id == other.version_id
    return same_bytes(one, other) and one.modified == other.modified
