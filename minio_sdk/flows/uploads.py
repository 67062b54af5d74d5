"""Uploads: one request for what is small, parts for what is large or of unknown length.

Rule of this file: an object appears only when all of it has arrived.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Coroutine, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from minio_sdk.config import MAX_PART
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    BucketNotFoundError,
    IntegrityError,
    MinIOError,
    ObjectNotFoundError,
    PreconditionFailedError,
    invalid,
)
from minio_sdk.flows import buckets, first_writes, locked, quirks
from minio_sdk.flows.checked import WORTH, digested, sent
from minio_sdk.flows.conditions import Condition, check_condition, unmet
from minio_sdk.flows.fed import Feeding, first_fill
from minio_sdk.flows.held import held
from minio_sdk.flows.in_parts import InParts
from minio_sdk.flows.leases import UNCOUNTED, Lease, users_code
from minio_sdk.flows.parts import part_size
from minio_sdk.flows.progress import Meter, OnProgress
from minio_sdk.flows.sources import FileSlices, Source
from minio_sdk.flows.transfers import Resuming, hopeless, stored_by_us
from minio_sdk.models.names import check_flag, check_key
from minio_sdk.models.object_lock import Retention, retention_of
from minio_sdk.models.results import UploadResponse
from minio_sdk.operation import Place
from minio_sdk.operations.multipart import MAX_PARTS, CreateMultipartUpload
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.describing import DESCRIBING, check_storage_class, describing_header
from minio_sdk.wire.locking import asks_for_lock, lock_headers
from minio_sdk.wire.message import StreamBody
from minio_sdk.wire.metadata import metadata_headers
from minio_sdk.wire.quirks import suspicious
from minio_sdk.wire.tags import MAX_OBJECT_TAGS, check_tags, tags_header

MAX_OBJECT = MAX_PARTS * MAX_PART
_UNDESCRIBED = (None,) * 5
_COMPRESSED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
}


def object_headers(
    key: str,
    content_type: str | None,
    metadata: Mapping[str, str] | None,
    *,
    tags: Mapping[str, str] | None = None,
    content_encoding: str | None = None,
    content_disposition: str | None = None,
    content_language: str | None = None,
    cache_control: str | None = None,
    expires: datetime | str | None = None,
    storage_class: str | None = None,
    retention: Retention | Mapping[str, Any] | None = None,
    legal_hold: bool = False,
) -> dict[str, str]:
    """The headers that describe a new object.

    Raises:
        ValidationError: what a header can't carry, or S3 does not take.
    """
    check_key(key)
    headers = {"content-type": _content_type(key, content_type)}
    if metadata is not None:
        headers.update(metadata_headers(metadata))
    if tags is not None and check_tags(tags, MAX_OBJECT_TAGS):
        headers["x-amz-tagging"] = tags_header(tags)
    described = (content_encoding, content_disposition, content_language, cache_control, expires)
    if described != _UNDESCRIBED:
        for argument, value in zip(DESCRIBING[1:], described, strict=True):
            if value is not None:
                headers[argument.replace("_", "-")] = describing_header(argument, value)
    if storage_class is not None:
        headers["x-amz-storage-class"] = check_storage_class(storage_class)
    until = None if retention is None else retention_of(retention)
    return headers | lock_headers(until, check_flag("legal_hold", legal_hold))


def _content_type(key: str, content_type: str | None) -> str:
    if content_type is not None:
        return describing_header("content_type", content_type)
    if "." not in key and key[:5] != "data:":
        return "application/octet-stream"
    guess, encoding = mimetypes.guess_type(key, strict=False)
    # "data.csv.gz" is a gzip file, not a CSV file: the bytes are what is described.
    found = _COMPRESSED.get(encoding) if encoding else guess
    return found or "application/octet-stream"


def put(
    engine: Engine,
    place: Place,
    key: str,
    source: Source,
    headers: dict[str, str],
    *,
    create_bucket: bool = False,
    condition: Condition | None = None,
    progress: OnProgress | bool | None = None,
) -> Coroutine[Any, Any, UploadResponse]:
    """Store what `source` gives as one object.

    Args:
        engine: sends.
        place: the bucket.
        key: the key.
        source: the bytes.
        headers: what describes the object.
        create_bucket: make the bucket when the server says that it is missing.
        condition: what must hold of the object that is there, or isn't.
        progress: told of what the server has acknowledged; True for a bar.
    """
    whole = source.whole
    most = min(WORTH, engine.config.multipart_threshold)
    unheard = progress is None or progress is False
    plain = condition is None and unheard and engine.encryption is None
    plain = plain and not (suspicious(key) or asks_for_lock(headers))
    if plain and whole is not None and len(whole) < most:
        return _put_small(engine, PutObject(place, key, whole, headers), create_bucket)
    return _put_told(
        engine, place, key, source, headers, progress, condition, create_bucket=create_bucket
    )


async def _put_small(engine: Engine, operation: PutObject, create_bucket: bool) -> UploadResponse:
    """The short way of what is small and in memory, which has nothing to count, tell or check."""
    place = operation.place
    if place.prefix:
        place.object_path(operation.key)  # before the bucket's marker is looked for
    try:  # what `put_whole` does, with two coroutines less
        if place.prefix:
            await buckets.check(engine, operation)
        if create_bucket and place.server_bucket not in engine.api.written:
            return await first_writes.write(engine, place, lambda: engine.send(operation))
        return await engine.send(operation)
    except BucketNotFoundError:
        if not create_bucket or place.bucket is None:
            raise
        return await buckets.send_to_new(engine, operation, place.bucket)
    except (ObjectNotFoundError, PreconditionFailedError) as error:
        return await _settled(engine, operation, error)
    except MinIOError as error:
        again = digested(error, operation)
        if again is None:
            raise
    return await engine.send(again)


async def _put_told(
    engine: Engine,
    place: Place,
    key: str,
    source: Source,
    headers: dict[str, str],
    progress: OnProgress | bool | None,
    condition: Condition | None,
    *,
    create_bucket: bool,
) -> UploadResponse:
    meter = Meter(engine.transport.clock, progress)
    try:
        return await store(
            engine,
            place,
            key,
            source,
            headers,
            meter,
            create_bucket=create_bucket,
            condition=condition,
        )
    finally:
        meter.close()


async def store(
    engine: Engine,
    place: Place,
    key: str,
    source: Source,
    headers: dict[str, str],
    meter: Meter,
    *,
    create_bucket: bool,
    condition: Condition | None,
    resuming: Resuming | None = None,
) -> UploadResponse:
    """Store what `source` gives, as `put` does; `meter` is the caller's."""
    place.object_path(key)
    if suspicious(key):
        await quirks.refuse(engine, PutObject(place, key, b""), empty=source.length == 0)
    length = source.length
    if length is not None and length > MAX_OBJECT:
        raise invalid("data", length, f"S3 stores at most {MAX_OBJECT} bytes as one object")
    # A bucket that is made on the way has no object lock.
    create_bucket = create_bucket and not asks_for_lock(headers)
    meter.bytes_total, meter.objects_total = length, 1
    lease = Lease(engine.transport.memory)
    feeding = Feeding(engine.transport, source, lease) if source.fed else None
    try:
        going_on = resuming is not None and resuming.begun is not None
        body = None if going_on else await _small(engine, source, lease, feeding)
        if condition is not None:
            await check_condition(engine, place, key, condition)
        if body is None:
            create = CreateMultipartUpload(place, key, headers)
            job = InParts(
                engine, create, create_bucket, source, lease, meter, condition, resuming, feeding
            )
            stored = await job.store()
        else:
            if condition is not None:
                headers = {**headers, **condition.headers()}
            operation = PutObject(place, key, body, headers)

            async def put(checked: PutObject) -> UploadResponse:
                return await put_whole(engine, checked, create_bucket=create_bucket)

            stored, _ = await sent(engine, operation, put)
            meter.add(stored.size)
    except IntegrityError as error:
        engine.named(error, PutObject(place, key, b""))
        raise
    except MinIOError as error:
        if asks_for_lock(headers):
            raise locked.lockless(error) from None
        raise
    finally:
        if feeding is not None:
            feeding.close()
        lease.close()
    if asks_for_lock(headers):
        await locked.prove(engine, place, stored, headers)
    meter.add(0, objects=1)
    return stored


async def _small(
    engine: Engine, source: Source, lease: Lease, feeding: Feeding | None
) -> bytes | memoryview | None:
    """All of what is to be sent in one request; None when it goes in parts."""
    length, threshold = source.length, engine.config.multipart_threshold
    if source.whole is not None:
        return source.whole if len(source.whole) <= threshold else None
    if length is not None and length > threshold:
        return None
    # One byte more than a file said it has tells whether it has grown, and in the same way what is
    # too much for one request. What is very small isn't worth waiting for.
    most = threshold if length is None else length
    with users_code():
        body = await source.read(engine.transport, min(most, UNCOUNTED) + 1)
    if len(body) > UNCOUNTED:
        source.unread(body)
        if feeding is not None:
            return await _collected(engine, feeding)
        await lease.take(0, most + 1)
        if source.slices is not None:
            return await engine.transport.call(source.slices.read, 0, most)
        with users_code():
            body = await source.read(engine.transport, most + 1)
    if len(body) > threshold:
        source.unread(body)
        return None
    source.check_length(len(body))
    return body


async def _collected(engine: Engine, feeding: Feeding) -> memoryview | None:
    """As `_small`, of what somebody else sends."""
    source, threshold = feeding.source, engine.config.multipart_threshold
    size = await feeding.fill(first_fill(engine, source, part_size(engine, source.length)))
    if size > threshold or (source.length is None and await feeding.more()):
        return None
    source.check_length(size)
    return await feeding.whole()


async def put_file(
    engine: Engine,
    place: Place,
    key: str,
    path: str | os.PathLike[str],
    headers: dict[str, str],
    *,
    condition: Condition | None = None,
    progress: OnProgress | bool | None = None,
    resume: bool = False,
) -> UploadResponse:
    """Store a file as one object; the bucket is made when the server says that it is missing.

    Raises:
        OSError: the file can't be opened or read.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise invalid("path", path, "must be text or a path")
    check_flag("resume", resume)
    meter = Meter(engine.transport.clock, progress)
    try:
        opened = held(engine.transport, lambda: open(path, "rb"))  # noqa: PTH123, SIM115
        file: BinaryIO = await opened
        with file:
            return await _put_open(
                engine, place, key, path, file, headers, meter, condition, resume
            )
    finally:
        meter.close()


async def _put_open(
    engine: Engine,
    place: Place,
    key: str,
    path: str | os.PathLike[str],
    file: BinaryIO,
    headers: dict[str, str],
    meter: Meter,
    condition: Condition | None,
    resume: bool,
) -> UploadResponse:
    resuming = None
    try:
        source = Source(file)
        slices = await engine.transport.call(FileSlices, path, file)
        if slices.regular and slices.size == source.length:
            source.slices = slices
            if resume:
                place.object_path(key)
                resuming = Resuming(engine, place, key, slices, headers)
                await resuming.look()
        if resuming is not None and resuming.stored is not None:
            meter.bytes_total, meter.objects_total = slices.size, 1
            meter.add(slices.size, objects=1)
            stored = resuming.stored
            if asks_for_lock(headers):
                await locked.prove(engine, place, stored, headers)
        else:
            stored = await store(
                engine,
                place,
                key,
                source,
                headers,
                meter,
                create_bucket=True,
                condition=condition,
                resuming=resuming,
            )
        if resuming is not None:
            await resuming.ended()
        return stored
    except MinIOError as error:
        if resuming is not None and hopeless(error):
            await resuming.give_up()
        raise
    finally:
        if resuming is not None:
            resuming.close()


async def put_whole(engine: Engine, operation: PutObject, *, create_bucket: bool) -> UploadResponse:
    """Store in one request; a refusal that our own first try has caused is settled by the ETag."""
    try:
        return await buckets.send(engine, operation, create=create_bucket)
    except (ObjectNotFoundError, PreconditionFailedError) as error:
        return await _settled(engine, operation, error)


async def _settled(engine: Engine, operation: PutObject, error: MinIOError) -> UploadResponse:
    if isinstance(error, ObjectNotFoundError):
        raise unmet(error, operation.headers) from None
    body = operation.body
    if error.attempts == 1 or isinstance(body, StreamBody):
        raise error
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    ours = await stored_by_us(engine, operation.place, operation.key, etag, len(body), body)
    if ours is None:
        raise error
    return ours
