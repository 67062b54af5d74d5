"""Bytes behind those that an object has.

No server of the general kind appends: AWS's ``x-amz-write-offset-bytes`` is passed over by most, and the
object is then replaced by what was to be added. So the object is made anew, what it has is moved by the
server (or read, while that is little), and it takes the old one's place only if that is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from random import random

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    IntegrityError,
    MinIOError,
    NotSupportedError,
    ObjectChangedError,
    ObjectNotFoundError,
    PreconditionFailedError,
    as_class,
    invalid,
)
from minio_sdk.flows import (
    copies,
    encrypted,
    in_parts,
    locked,
    native,
    objects,
    quirks,
    spans,
    uploads,
)
from minio_sdk.flows.composing import check_sizes
from minio_sdk.flows.conditions import GONE, READ_ANEW, Condition
from minio_sdk.flows.copy_rules import Changes
from minio_sdk.flows.leases import UNCOUNTED, Lease, users_code
from minio_sdk.flows.parts import send_parts
from minio_sdk.flows.progress import Meter, OnProgress
from minio_sdk.flows.sources import Data, Source
from minio_sdk.flows.spans import Span
from minio_sdk.models.names import check_flag
from minio_sdk.models.results import ObjectMetadata, UploadResponse
from minio_sdk.operation import CopySource, Place
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.multipart import MAX_PARTS, Begun, CreateMultipartUpload
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.conditions import bare
from minio_sdk.wire.locking import asks_for_lock, lock_headers
from minio_sdk.wire.quirks import suspicious

TRIES = 10
"""How often bytes in memory are appended anew, when others were quicker each time."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be appended to what.

    Attributes:
        place: the bucket.
        key: the key.
        data: as the user gave it.
        length: as the user gave it.
        create: make the object when there is none.
        headers: what describes it then.
        etag: the one that it must have; None for any.
        progress: told of what the server has; True for a bar.
        native: have the server append, where it can.
        keeps: the object stays encrypted as it is, where nothing else is said.
    """

    place: Place
    key: str
    data: Data
    length: int | None
    create: bool
    headers: Mapping[str, str]
    etag: str | None
    progress: OnProgress | bool | None
    native: bool = False
    keeps: bool = True

    def __post_init__(self) -> None:
        check_flag("create", self.create)
        check_flag("native", self.native)
        if self.etag is not None and bare(self.etag, "if_match") == "*":
            raise invalid("if_match", "*", "must be the ETag of the object that is appended to")


async def append(engine: Engine, wish: Wish) -> UploadResponse:
    """Append, and do so again when another writer was quicker, where the data is in memory."""
    wish.place.object_path(wish.key)
    for left in range(TRIES - 1, -1, -1):
        source = Source(wish.data, wish.length)
        meter = Meter(engine.transport.clock, wish.progress)
        try:
            stored = await _append(engine, wish, source, meter)
            return replace(stored, status="appended")
        except (ObjectChangedError, PreconditionFailedError) as error:
            if wish.etag is not None and isinstance(error, PreconditionFailedError):
                raise
            # What an earlier request of our own may have stored must not come twice.
            if wish.native:
                raise
            if wish.etag is not None or error.attempts > 1 or source.whole is None or not left:
                raise _overtaken(error) from None
        finally:
            meter.close()
        longest = engine.config.base_delay * 2 ** min(TRIES - left, 5)
        await engine.transport.sleep(min(longest, engine.config.max_delay) * random())  # noqa: S311 (spreading load is no secret)
    raise AssertionError("the last try returns or raises")


def _overtaken(error: MinIOError) -> ObjectChangedError:
    if error.attempts > 1:
        why = "the object was changed meanwhile, by others or by this call, whose answer was lost"
        return as_class(error, ObjectChangedError, why, "read it before you append again")
    why = "the object was changed by others while this was to be appended"
    return as_class(error, ObjectChangedError, why, "append it again: nothing of it was stored")


async def _append(engine: Engine, wish: Wish, source: Source, meter: Meter) -> UploadResponse:
    place, key = wish.place, wish.key
    if wish.native:
        await native.check(engine, place, key)
    try:
        found = await objects.read(engine, HeadObject(place, key))
    except ObjectNotFoundError as error:
        if wish.etag is not None:
            raise as_class(error, PreconditionFailedError, GONE, READ_ANEW) from None
        if not wish.create:
            raise
        return await uploads.store(
            engine, place, key, source, dict(wish.headers), meter,
            create_bucket=False, condition=Condition(None),
        )  # fmt: skip
    pinned = _pinned(engine, wish, found)
    if await _is_empty(engine, source):
        return UploadResponse(
            key=key,
            size=found.size,
            etag=found.etag,
            version_id=found.version_id,
            bucket=place.bucket,
        )
    if wish.native:
        native.check_encryption(engine, place, key, found)
        return await native.append(engine, place, key, found, source, meter)
    if wish.keeps:
        engine = encrypted.like(engine, found)
    headers = await _description(engine, pinned, found)
    if found.size < spans.SMALLEST:
        return await _put_anew(engine, pinned, found, source, headers, meter)
    return await _in_parts(engine, pinned, found, source, headers, meter)


def _pinned(engine: Engine, wish: Wish, found: ObjectMetadata) -> CopySource:
    """The object as it is now.

    Raises:
        PreconditionFailedError: it is not the one that was meant.
        NotSupportedError: nothing would tell it from another.
    """
    error: MinIOError
    operation = PutObject(wish.place, wish.key, b"")
    if wish.etag is not None and bare(wish.etag, "if_match") != found.etag:
        why = f"the object has another ETag by now: {found.etag}"
        error = PreconditionFailedError(why, code="PreconditionFailed", status=412, hint=READ_ANEW)
        raise engine.named(error, operation)
    if not found.etag:
        error = NotSupportedError(
            "the server gives the object no ETag, so that what others store meanwhile would be lost"
        )
        raise engine.named(error, operation)
    return CopySource(wish.place, wish.key, None, found.etag)


async def _is_empty(engine: Engine, source: Source) -> bool:
    if source.length is not None:
        return source.length == 0
    with users_code():
        some = await source.read(engine.transport, UNCOUNTED)
    source.unread(some)
    return not some


async def _description(engine: Engine, source: CopySource, found: ObjectMetadata) -> dict[str, str]:
    """What describes the object, so that it stays as it is but for its bytes; its locks, too."""
    headers = await copies.carried(engine, Changes(), source, found)
    if found.storage_class:
        headers["x-amz-storage-class"] = found.storage_class
    until = found.retention
    now = datetime.fromtimestamp(engine.transport.signing.now(), timezone.utc)
    if until is not None and until.retain_until_date <= now:
        until = None  # S3 takes no end that lies behind it
    return headers | lock_headers(until, found.legal_hold)


async def _put_anew(
    engine: Engine,
    pinned: CopySource,
    found: ObjectMetadata,
    source: Source,
    headers: dict[str, str],
    meter: Meter,
) -> UploadResponse:
    """What is small is read, and stored with what is appended."""
    lease = Lease(engine.transport.memory)
    try:
        await lease.take(0, found.size)
        old, opens = b"", engine.source_encryption
        if found.size:
            old = await spans.read(engine, Span(pinned, found.size, 0, found.size, opens))
        if source.whole is not None:
            source = Source(b"".join((old, source.whole)))
        else:
            source.lead(old)
        lease.close()  # what stores it counts it anew
        return await uploads.store(
            engine, pinned.place, pinned.key, source, headers, meter,
            create_bucket=False, condition=Condition(pinned.etag),
        )  # fmt: skip
    finally:
        lease.close()


async def _in_parts(
    engine: Engine,
    pinned: CopySource,
    found: ObjectMetadata,
    source: Source,
    headers: dict[str, str],
    meter: Meter,
) -> UploadResponse:
    """What is large is copied by the server, part by part, and what is appended follows."""
    place, key, length = pinned.place, pinned.key, source.length
    if found.size + (length or 0) > uploads.MAX_OBJECT:
        rule = (
            f"S3 stores at most {uploads.MAX_OBJECT} bytes as one object, and it has {found.size}"
        )
        raise invalid("data", length, rule)
    if suspicious(key):
        await quirks.refuse(engine, PutObject(place, key, b""), empty=False)
    meter.bytes_total, meter.objects_total = None if length is None else found.size + length, 1
    largest = max(copies.PART, -(-found.size // (MAX_PARTS // 2)))
    whole = Span(pinned, found.size, 0, found.size, engine.source_encryption)
    old = spans.cut(whole, largest)
    create = CreateMultipartUpload(place, key, headers)

    async def fill(upload_id: str) -> tuple[list[str], int]:
        async def move(number: int) -> tuple[str, int]:
            (span,) = old[number]
            return await spans.copy(engine, place, key, upload_id, number + 1, span), span.size

        def done(moved: tuple[str, int]) -> None:
            meter.add(moved[1])

        limit = min(copies.AT_ONCE, engine.config.pool_size)
        moved = await engine.transport.map(move, range(len(old)), limit, done)
        lease = Lease(engine.transport.memory)
        try:
            added = await send_parts(
                engine, place, key, Begun(upload_id), source, lease, meter.add, {}, len(old)
            )
        finally:
            lease.close()
        size = sum(part.size for part in added)
        source.check_length(size)
        sizes = [size for _, size in moved] + [part.size for part in added]
        await check_sizes(engine, create, upload_id, sizes)
        return [etag for etag, _ in moved] + [part.etag for part in added], found.size + size

    try:
        stored = await in_parts.assemble(engine, create, fill, Condition(pinned.etag))
    except IntegrityError as error:
        engine.named(error, create)
        raise
    except MinIOError as error:
        if asks_for_lock(headers):
            raise locked.lockless(error) from None
        raise
    if asks_for_lock(headers):
        await locked.prove(engine, place, stored, headers)
    meter.add(0, objects=1)
    return stored
